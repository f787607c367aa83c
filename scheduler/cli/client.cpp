// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/client.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "common/config/daemon_config.h"
#include "common/transport/transport.h"
#include "common/wire/codec.h"

namespace causeway::cli {
namespace {

constexpr Duration kRepeatAfter{std::chrono::seconds(2)};
constexpr Duration kPollStep{50};

class RemoteClient final : public Client {
 public:
  explicit RemoteClient(std::unique_ptr<transport::Connection> connection)
      : connection_(std::move(connection)) {}

  Result<model::Response> ask(const model::Request& request, Duration patience) override {
    using Steady = std::chrono::steady_clock;
    const std::string bytes = wire::encode(request);
    const auto deadline = Steady::now() + patience;
    auto send_at = Steady::now();
    bool sent = false;
    while (Steady::now() < deadline) {
      if (Steady::now() >= send_at && connection_->send(bytes)) {
        sent = true;
        send_at = Steady::now() + kRepeatAfter;
      }
      for (const auto& message : connection_->poll(kPollStep)) {
        auto response = wire::decode_as<model::Response>(message);
        if (!response) return while_doing(response.error(), "reading the scheduler's answer");
        if (response->id == request.id) return std::move(*response);
      }
      // A key that is not allowed stays so for as long as anyone would wait.
      if (const auto problem = connection_->problem(); problem && problem->code == Errc::denied)
        return std::unexpected(*problem);
    }
    if (!sent)
      return fail(Errc::unavailable,
                  (connection_->problem().value_or(Error{Errc::unavailable, "no scheduler answers"})).what +
                      "; is causeway-scheduler running there? What runs on the hosts goes on without it");
    return fail(Errc::timeout,
                fmt::format("the scheduler did not answer within {}; what was asked may have been done: "
                            "look with `causeway get events`, then ask again",
                            to_string(patience)));
  }

 private:
  std::unique_ptr<transport::Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<Client>> open_client(const std::string& config_option) {
  const auto file =
      config::find_client_config(config_option, std::getenv("CAUSEWAY_CONFIG"), std::getenv("HOME"));
  if (!file)
    return fail(
        Errc::not_found,
        "no settings: neither --config, nor $CAUSEWAY_CONFIG, nor ~/.config/causeway/client.yaml, nor "
        "/etc/causeway/client.yaml; write one of them with the scheduler's address and key, and your "
        "key_file");
  const auto settings = config::load_client_config(*file);
  if (!settings) {
    std::string all;
    for (const auto& diagnostic : settings.error())
      all += (all.empty() ? "" : "\n") + config::to_string(diagnostic);
    return fail(Errc::invalid, all);
  }
  transport::ConnectionOptions options;
  auto keys = transport::read_keys(settings->key_file);
  if (!keys) return std::unexpected(keys.error());
  options.keys = std::move(*keys);
  for (const auto& [name, scheduler] : settings->schedulers)
    options.schedulers[name] = {scheduler.address, scheduler.key};
  auto connection = transport::connect(options);
  if (!connection) return std::unexpected(connection.error());
  return std::make_unique<RemoteClient>(std::move(*connection));
}

}  // namespace causeway::cli
