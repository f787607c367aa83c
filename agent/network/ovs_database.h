// SPDX-License-Identifier: Apache-2.0
// Open vSwitch's database as far as an agent needs it: bridges and their ports, read as plain values and
// changed by a transaction each. In C, because the bindings that Open vSwitch generates from its schema are
// no C++.
//
// A connection belongs to one thread. Calls return 0 or an errno value, with a sentence in *why that the
// caller frees, and end after the given milliseconds at the latest:
//   ENOTCONN   the database does not answer; nothing has happened
//   ETIMEDOUT  a change was sent and may or may not have happened
//   EAGAIN     another changed the same at the same time; nothing has happened
//   EPROTO     the database refused the change
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ovs_database;

// Never fails: the connection is made, and made again, by the calls below. `socket` is the path of db.sock.
struct ovs_database* ovs_database_open(const char* socket);
void ovs_database_close(struct ovs_database* database);

// Fetches what has changed. Every view handed out before is gone.
int ovs_database_refresh(struct ovs_database* database, int within_ms, char** why);

// A number that is another after each change that a refresh has fetched.
unsigned ovs_database_change(const struct ovs_database* database);

// Blocks until there may be something to refresh, the file descriptor `stop` is readable, or the time is
// over.
void ovs_database_wait(struct ovs_database* database, int stop, int within_ms);

// The version that ovs-vswitchd has written there, "3.1.0", or "" if none ever has.
const char* ovs_database_version(const struct ovs_database* database);

// Whether ovs-vswitchd was told not to act before its flows are there again (flow-restore-wait), as ovs-ctl
// tells it around a restart.
bool ovs_database_waits_for_flows(const struct ovs_database* database);

// Tells it that they are. Already so: nothing is written.
int ovs_database_end_wait(struct ovs_database* database, int within_ms, char** why);

// A pair of external_ids, options or the like.
struct ovs_pair {
  const char* key;
  const char* value;
};

// What is seen; the strings live until the next call that refreshes.
struct ovs_bridge_view {
  const char* name;
  const char* datapath_type;
  const char* fail_mode;  // "" if unset
  size_t port_count;      // without the bridge's own
};

struct ovs_port_view {
  const char* bridge;
  const char* name;
  const char* type;   // "" for a device of the system
  const char* error;  // why the switch can't use it; "" if it can
  int64_t number;     // OpenFlow port number; -1 if it has none, 0 if it is not decided yet
  int64_t mtu;        // 0 if unknown
};

typedef void ovs_bridge_visitor(void* context, const struct ovs_bridge_view* bridge, const void* row);
typedef void ovs_port_visitor(void* context, const struct ovs_port_view* port, const void* row);

// Every bridge; every port but a bridge's own. In no order.
void ovs_database_bridges(const struct ovs_database* database, ovs_bridge_visitor* visit, void* context);
void ovs_database_ports(const struct ovs_database* database, ovs_port_visitor* visit, void* context);

// Of the row that a visitor got; NULL if there is no such key.
const char* ovs_bridge_external_id(const void* row, const char* key);
const char* ovs_port_external_id(const void* row, const char* key);
const char* ovs_port_option(const void* row, const char* key);

// Makes what is missing and sets what differs, in one transaction, and waits until ovs-vswitchd has carried
// it out. External ids are added to those that are there. Already so: nothing is written, and nothing is
// waited for.
struct ovs_bridge_spec {
  const char* name;
  const char* datapath_type;
  const struct ovs_pair* external_ids;
  size_t external_id_count;
};

struct ovs_port_spec {
  const char* bridge;
  const char* name;
  const char* type;
  int64_t number;  // wanted when the port is made; 0: any
  int64_t mtu;     // 0: left to the switch
  const struct ovs_pair* options;
  size_t option_count;
  const struct ovs_pair* external_ids;
  size_t external_id_count;
};

int ovs_database_put_bridge(struct ovs_database* database, const struct ovs_bridge_spec* spec, int within_ms,
                            char** why);
int ovs_database_put_port(struct ovs_database* database, const struct ovs_port_spec* spec, int within_ms,
                          char** why);

// Gone already: 0.
int ovs_database_delete_bridge(struct ovs_database* database, const char* name, int within_ms, char** why);
int ovs_database_delete_port(struct ovs_database* database, const char* name, int within_ms, char** why);

#ifdef __cplusplus
}
#endif
