// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_database.h"

#include <config.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/network/ovs_library.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/util.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"

struct ovs_database {
  struct ovsdb_idl* idl;
  char* socket;
};

static int explain(char** why, int error, const char* format, ...) OVS_PRINTF_FORMAT(3, 4);

static int explain(char** why, int error, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  *why = xvasprintf(format, arguments);
  va_end(arguments);
  return error;
}

struct ovs_database* ovs_database_open(const char* socket) {
  ovs_library_prepare();
  struct ovs_database* database = xzalloc(sizeof *database);
  database->socket = xstrdup(socket);
  char* remote = xasprintf("unix:%s", socket);
  database->idl = ovsdb_idl_create(remote, &ovsrec_idl_class, false, true);
  free(remote);
  // Only what is read or written here: interface statistics alone would be news every few seconds.
  struct ovsdb_idl_column* const columns[] = {
      &ovsrec_open_vswitch_col_bridges,
      &ovsrec_open_vswitch_col_cur_cfg,
      &ovsrec_open_vswitch_col_next_cfg,
      &ovsrec_open_vswitch_col_ovs_version,
      &ovsrec_open_vswitch_col_other_config,
      &ovsrec_bridge_col_name,
      &ovsrec_bridge_col_datapath_type,
      &ovsrec_bridge_col_fail_mode,
      &ovsrec_bridge_col_protocols,
      &ovsrec_bridge_col_external_ids,
      &ovsrec_bridge_col_other_config,
      &ovsrec_bridge_col_ports,
      &ovsrec_port_col_name,
      &ovsrec_port_col_interfaces,
      &ovsrec_interface_col_name,
      &ovsrec_interface_col_type,
      &ovsrec_interface_col_options,
      &ovsrec_interface_col_external_ids,
      &ovsrec_interface_col_ofport,
      &ovsrec_interface_col_error,
      &ovsrec_interface_col_mtu,
      &ovsrec_interface_col_mtu_request,
      &ovsrec_interface_col_ofport_request,
  };
  for (size_t i = 0; i < ARRAY_SIZE(columns); i++) ovsdb_idl_add_column(database->idl, columns[i]);
  return database;
}

void ovs_database_close(struct ovs_database* database) {
  if (!database) return;
  ovsdb_idl_destroy(database->idl);
  free(database->socket);
  free(database);
}

static const struct ovsrec_open_vswitch* root_of(const struct ovs_database* database) {
  return ovsrec_open_vswitch_first(database->idl);
}

int ovs_database_refresh(struct ovs_database* database, int within_ms, char** why) {
  const long long deadline = time_msec() + within_ms;
  for (;;) {
    unsigned before;
    // Until nothing more is waiting in the socket.
    do {
      before = ovsdb_idl_get_seqno(database->idl);
      ovsdb_idl_run(database->idl);
    } while (ovsdb_idl_get_seqno(database->idl) != before);
    if (ovsdb_idl_is_connected(database->idl) && ovsdb_idl_has_ever_connected(database->idl) &&
        root_of(database))
      return 0;
    if (time_msec() >= deadline)
      return explain(why, ENOTCONN, "Open vSwitch's database does not answer at %s; is ovsdb-server running?",
                     database->socket);
    ovsdb_idl_wait(database->idl);
    poll_timer_wait_until(deadline);
    poll_block();
  }
}

unsigned ovs_database_change(const struct ovs_database* database) {
  return ovsdb_idl_get_seqno(database->idl);
}

void ovs_database_wait(struct ovs_database* database, int stop, int within_ms) {
  ovsdb_idl_wait(database->idl);
  poll_fd_wait(stop, POLLIN);
  poll_timer_wait(within_ms);
  poll_block();
}

const char* ovs_database_version(const struct ovs_database* database) {
  const struct ovsrec_open_vswitch* root = root_of(database);
  return root && root->ovs_version ? root->ovs_version : "";
}

bool ovs_database_waits_for_flows(const struct ovs_database* database) {
  const struct ovsrec_open_vswitch* root = root_of(database);
  return root && smap_get_bool(&root->other_config, "flow-restore-wait", false);
}

// A port of several interfaces (a bond) is none of ours; its first interface speaks for it.
static const struct ovsrec_interface* interface_of(const struct ovsrec_port* port) {
  return port->n_interfaces ? port->interfaces[0] : NULL;
}

static bool is_own_port(const struct ovsrec_bridge* bridge, const struct ovsrec_port* port) {
  return !strcmp(bridge->name, port->name);
}

void ovs_database_bridges(const struct ovs_database* database, ovs_bridge_visitor* visit, void* context) {
  const struct ovsrec_bridge* bridge;
  OVSREC_BRIDGE_FOR_EACH(bridge, database->idl) {
    struct ovs_bridge_view view = {
        .name = bridge->name,
        .datapath_type = bridge->datapath_type,
        .fail_mode = bridge->fail_mode ? bridge->fail_mode : "",
    };
    for (size_t i = 0; i < bridge->n_ports; i++) view.port_count += !is_own_port(bridge, bridge->ports[i]);
    visit(context, &view, bridge);
  }
}

void ovs_database_ports(const struct ovs_database* database, ovs_port_visitor* visit, void* context) {
  const struct ovsrec_bridge* bridge;
  OVSREC_BRIDGE_FOR_EACH(bridge, database->idl) {
    for (size_t i = 0; i < bridge->n_ports; i++) {
      const struct ovsrec_port* port = bridge->ports[i];
      const struct ovsrec_interface* interface = interface_of(port);
      if (is_own_port(bridge, port) || !interface) continue;
      const struct ovs_port_view view = {
          .bridge = bridge->name,
          .name = port->name,
          .type = interface->type,
          .error = interface->error ? interface->error : "",
          .number = interface->n_ofport ? interface->ofport[0] : 0,
          .mtu = interface->n_mtu ? interface->mtu[0] : 0,
      };
      visit(context, &view, interface);
    }
  }
}

const char* ovs_bridge_external_id(const void* row, const char* key) {
  return smap_get(&((const struct ovsrec_bridge*)row)->external_ids, key);
}

const char* ovs_port_external_id(const void* row, const char* key) {
  return smap_get(&((const struct ovsrec_interface*)row)->external_ids, key);
}

const char* ovs_port_option(const void* row, const char* key) {
  return smap_get(&((const struct ovsrec_interface*)row)->options, key);
}

static const struct ovsrec_bridge* find_bridge(const struct ovs_database* database, const char* name) {
  const struct ovsrec_bridge* bridge;
  OVSREC_BRIDGE_FOR_EACH(bridge, database->idl) {
    if (!strcmp(bridge->name, name)) return bridge;
  }
  return NULL;
}

static const struct ovsrec_port* find_port(const struct ovs_database* database, const char* name,
                                           const struct ovsrec_bridge** bridge_out) {
  const struct ovsrec_bridge* bridge;
  OVSREC_BRIDGE_FOR_EACH(bridge, database->idl) {
    for (size_t i = 0; i < bridge->n_ports; i++) {
      if (!strcmp(bridge->ports[i]->name, name) && !is_own_port(bridge, bridge->ports[i])) {
        *bridge_out = bridge;
        return bridge->ports[i];
      }
    }
  }
  return NULL;
}

// Whether `map` lacks one of the pairs; if so, `merged` is the map with them.
static bool merge(const struct smap* map, const struct ovs_pair* pairs, size_t count, struct smap* merged) {
  bool differs = false;
  smap_clone(merged, map);
  for (size_t i = 0; i < count; i++) {
    const char* value = smap_get(map, pairs[i].key);
    if (value && !strcmp(value, pairs[i].value)) continue;
    smap_replace(merged, pairs[i].key, pairs[i].value);
    differs = true;
  }
  return differs;
}

static void fill(struct smap* map, const struct ovs_pair* pairs, size_t count) {
  smap_init(map);
  for (size_t i = 0; i < count; i++) smap_add(map, pairs[i].key, pairs[i].value);
}

// Waits until ovs-vswitchd says that it has carried out what was committed as `wanted`.
static int wait_for_switch(struct ovs_database* database, int64_t wanted, long long deadline, char** why) {
  for (;;) {
    ovsdb_idl_run(database->idl);
    const struct ovsrec_open_vswitch* root = root_of(database);
    if (root && root->cur_cfg >= wanted) return 0;
    if (time_msec() >= deadline)
      return explain(why, ETIMEDOUT,
                     "ovs-vswitchd has not carried out a change of its database; is it running?");
    ovsdb_idl_wait(database->idl);
    poll_timer_wait_until(deadline);
    poll_block();
  }
}

// Ends the transaction. A change is waited for until the switch has it; no change is no work.
static int commit(struct ovs_database* database, struct ovsdb_idl_txn* txn, long long deadline, char** why) {
  ovsdb_idl_txn_increment(txn, &root_of(database)->header_, &ovsrec_open_vswitch_col_next_cfg, false);
  enum ovsdb_idl_txn_status status;
  while ((status = ovsdb_idl_txn_commit(txn)) == TXN_INCOMPLETE && time_msec() < deadline) {
    ovsdb_idl_run(database->idl);
    ovsdb_idl_wait(database->idl);
    ovsdb_idl_txn_wait(txn);
    poll_timer_wait_until(deadline);
    poll_block();
  }
  int error = 0;
  int64_t wanted = 0;
  if (status == TXN_SUCCESS)
    wanted = ovsdb_idl_txn_get_increment_new_value(txn);
  else if (status == TXN_INCOMPLETE)
    error = explain(why, ETIMEDOUT, "Open vSwitch's database has not answered a change");
  else if (status == TXN_TRY_AGAIN)
    error = explain(why, EAGAIN, "Open vSwitch's database was changed by another at the same time");
  else if (status != TXN_UNCHANGED)
    error =
        explain(why, EPROTO, "Open vSwitch's database refused a change: %s", ovsdb_idl_txn_get_error(txn));
  ovsdb_idl_txn_destroy(txn);
  return error || status == TXN_UNCHANGED ? error : wait_for_switch(database, wanted, deadline, why);
}

static struct ovsrec_port* insert_port(struct ovsdb_idl_txn* txn, const char* name, const char* type,
                                       struct ovsrec_interface** interface_out) {
  struct ovsrec_interface* interface = ovsrec_interface_insert(txn);
  ovsrec_interface_set_name(interface, name);
  ovsrec_interface_set_type(interface, type);
  struct ovsrec_port* port = ovsrec_port_insert(txn);
  ovsrec_port_set_name(port, name);
  ovsrec_port_set_interfaces(port, &interface, 1);
  *interface_out = interface;
  return port;
}

int ovs_database_put_bridge(struct ovs_database* database, const struct ovs_bridge_spec* spec, int within_ms,
                            char** why) {
  const long long deadline = time_msec() + within_ms;
  int error = ovs_database_refresh(database, within_ms, why);
  if (error) return error;
  struct ovsdb_idl_txn* txn = ovsdb_idl_txn_create(database->idl);
  const struct ovsrec_bridge* bridge = find_bridge(database, spec->name);
  bool changed = false;
  if (!bridge) {
    struct ovsrec_interface* interface;
    struct ovsrec_port* own = insert_port(txn, spec->name, "internal", &interface);
    struct ovsrec_bridge* made = ovsrec_bridge_insert(txn);
    ovsrec_bridge_set_name(made, spec->name);
    ovsrec_bridge_set_ports(made, &own, 1);
    ovsrec_open_vswitch_verify_bridges(root_of(database));
    ovsrec_open_vswitch_update_bridges_addvalue(root_of(database), made);
    bridge = made;
    changed = true;
  }
  struct smap external_ids;
  if (merge(&bridge->external_ids, spec->external_ids, spec->external_id_count, &external_ids)) {
    ovsrec_bridge_set_external_ids(bridge, &external_ids);
    changed = true;
  }
  smap_destroy(&external_ids);
  if (!bridge->datapath_type || strcmp(bridge->datapath_type, spec->datapath_type)) {
    ovsrec_bridge_set_datapath_type(bridge, spec->datapath_type);
    changed = true;
  }
  // Without flows a secure bridge forwards nothing; any other would be a switch that learns.
  if (!bridge->fail_mode || strcmp(bridge->fail_mode, "secure")) {
    ovsrec_bridge_set_fail_mode(bridge, "secure");
    changed = true;
  }
  if (bridge->n_protocols != 1 || strcmp(bridge->protocols[0], "OpenFlow15")) {
    const char* protocol = "OpenFlow15";
    ovsrec_bridge_set_protocols(bridge, &protocol, 1);
    changed = true;
  }
  if (!changed) {
    ovsdb_idl_txn_destroy(txn);
    return 0;
  }
  return commit(database, txn, deadline, why);
}

int ovs_database_end_wait(struct ovs_database* database, int within_ms, char** why) {
  const long long deadline = time_msec() + within_ms;
  int error = ovs_database_refresh(database, within_ms, why);
  if (error || !ovs_database_waits_for_flows(database)) return error;
  struct ovsdb_idl_txn* txn = ovsdb_idl_txn_create(database->idl);
  ovsrec_open_vswitch_update_other_config_delkey(root_of(database), "flow-restore-wait");
  return commit(database, txn, deadline, why);
}

int ovs_database_put_port(struct ovs_database* database, const struct ovs_port_spec* spec, int within_ms,
                          char** why) {
  const long long deadline = time_msec() + within_ms;
  int error = ovs_database_refresh(database, within_ms, why);
  if (error) return error;
  const struct ovsrec_bridge* bridge = find_bridge(database, spec->bridge);
  if (!bridge) return explain(why, ENOENT, "bridge '%s' is not there", spec->bridge);
  const struct ovsrec_bridge* holder = NULL;
  const struct ovsrec_port* port = find_port(database, spec->name, &holder);
  if (port && holder != bridge)
    return explain(why, EEXIST, "port '%s' is on bridge '%s'", spec->name, holder->name);
  struct ovsdb_idl_txn* txn = ovsdb_idl_txn_create(database->idl);
  const struct ovsrec_interface* interface = port ? interface_of(port) : NULL;
  bool changed = false;
  if (!interface) {
    struct ovsrec_interface* made;
    const struct ovsrec_port* made_port = insert_port(txn, spec->name, spec->type, &made);
    if (spec->number) ovsrec_interface_set_ofport_request(made, &spec->number, 1);
    ovsrec_bridge_verify_ports(bridge);
    ovsrec_bridge_update_ports_addvalue(bridge, made_port);
    interface = made;
    changed = true;
  }
  struct smap external_ids;
  if (merge(&interface->external_ids, spec->external_ids, spec->external_id_count, &external_ids)) {
    ovsrec_interface_set_external_ids(interface, &external_ids);
    changed = true;
  }
  smap_destroy(&external_ids);
  struct smap options;
  fill(&options, spec->options, spec->option_count);
  if (!smap_equal(&options, &interface->options)) {
    ovsrec_interface_set_options(interface, &options);
    changed = true;
  }
  smap_destroy(&options);
  if (spec->mtu && (!interface->n_mtu_request || interface->mtu_request[0] != spec->mtu)) {
    ovsrec_interface_set_mtu_request(interface, &spec->mtu, 1);
    changed = true;
  }
  if (!changed) {
    ovsdb_idl_txn_destroy(txn);
    return 0;
  }
  return commit(database, txn, deadline, why);
}

int ovs_database_delete_bridge(struct ovs_database* database, const char* name, int within_ms, char** why) {
  const long long deadline = time_msec() + within_ms;
  int error = ovs_database_refresh(database, within_ms, why);
  if (error) return error;
  const struct ovsrec_bridge* bridge = find_bridge(database, name);
  if (!bridge) return 0;
  struct ovsdb_idl_txn* txn = ovsdb_idl_txn_create(database->idl);
  ovsrec_open_vswitch_update_bridges_delvalue(root_of(database), bridge);
  return commit(database, txn, deadline, why);
}

int ovs_database_delete_port(struct ovs_database* database, const char* name, int within_ms, char** why) {
  const long long deadline = time_msec() + within_ms;
  int error = ovs_database_refresh(database, within_ms, why);
  if (error) return error;
  const struct ovsrec_bridge* bridge = NULL;
  const struct ovsrec_port* port = find_port(database, name, &bridge);
  if (!port) return 0;
  struct ovsdb_idl_txn* txn = ovsdb_idl_txn_create(database->idl);
  ovsrec_bridge_update_ports_delvalue(bridge, port);
  return commit(database, txn, deadline, why);
}
