// SPDX-License-Identifier: Apache-2.0
// What a server goes on through: peers that say too much, nothing, or that they are somebody else.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <zmq.hpp>

#include "common/transport/transport.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait_until.h"

namespace causeway::transport {
namespace {

class AServer : public ::testing::Test {
 protected:
  void SetUp() override {
    auto keys = generate_keys().value();
    server_key_ = keys.public_key;
    server_ = serve({.keys = std::move(keys),
                     .endpoints = {endpoint()},
                     .allowed = {honest_.public_key, hostile_.public_key}})
                  .value();
  }

  [[nodiscard]] std::string path() const { return (folder_.path() / "s.sock").string(); }
  [[nodiscard]] std::string endpoint() const { return "ipc://" + path(); }
  [[nodiscard]] std::unique_ptr<Connection> connect_with(const KeyPair& keys) const {
    return connect({.keys = {keys.public_key, Secret(keys.secret_key.reveal())},
                    .schedulers = {{"main", {endpoint(), server_key_}}}})
        .value();
  }
  static bool sent(Connection& connection, const std::string& bytes) {
    return wait_until([&] { return (void)connection.poll(Duration{10}), connection.send(bytes); });
  }
  // The next that arrives; empty if nothing does.
  Incoming next() {
    std::vector<Incoming> arrived;
    wait_until([&] { return arrived = server_->poll(Duration{10}), !arrived.empty(); },
               std::chrono::seconds(10));
    return arrived.empty() ? Incoming{} : std::move(arrived.front());
  }

  test::TemporaryFolder folder_;
  KeyPair honest_ = generate_keys().value();
  KeyPair hostile_ = generate_keys().value();
  std::string server_key_;
  std::unique_ptr<Server> server_;
};

TEST_F(AServer, NeverTakesInAMessageAboveTheLimitAndHearsTheOthers) {
  const auto hostile = connect_with(hostile_);
  const auto honest = connect_with(honest_);
  ASSERT_TRUE(sent(*hostile, std::string(kMaxMessageBytes + 1, 'x')));
  ASSERT_TRUE(sent(*honest, "question"));
  const auto arrived = next();
  EXPECT_EQ(arrived.key, honest_.public_key);
  EXPECT_EQ(arrived.bytes, "question");
}

TEST_F(AServer, AnswersWhileAThousandConnectionsSayNothing) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const rlimit before = files;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::vector<int> silent;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
  for (int i = 0; i < 1000; ++i) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) break;
    silent.push_back(descriptor);
    // A full backlog refuses some of them, which is as good.
    static_cast<void>(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address));
  }
  const auto honest = connect_with(honest_);
  EXPECT_TRUE(sent(*honest, "question"));
  EXPECT_EQ(next().bytes, "question");
  for (const int descriptor : silent) ::close(descriptor);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(AServer, KnowsAPeerByItsKeyWhateverRoutingIdItTakes) {
  const auto honest = connect_with(honest_);
  ASSERT_TRUE(sent(*honest, "question"));
  const auto first = next();
  ASSERT_EQ(first.key, honest_.public_key);
  zmq::context_t context;
  zmq::socket_t forger(context, zmq::socket_type::dealer);
  forger.set(zmq::sockopt::routing_id, first.route);
  forger.set(zmq::sockopt::curve_serverkey, server_key_);
  forger.set(zmq::sockopt::curve_publickey, hostile_.public_key);
  forger.set(zmq::sockopt::curve_secretkey, std::string(hostile_.secret_key.reveal()));
  forger.set(zmq::sockopt::linger, 0);
  // A routing id that ZeroMQ gave begins with a zero byte and can't be asked for; another one can.
  if (first.route.empty() || first.route.front() == '\0') forger.set(zmq::sockopt::routing_id, "admin");
  forger.connect(endpoint());
  forger.send(zmq::str_buffer("I am the other one"), zmq::send_flags::none);
  const auto forged = next();
  EXPECT_EQ(forged.bytes, "I am the other one");
  EXPECT_EQ(forged.key, hostile_.public_key);
  // And the answer to the honest one goes to the honest one.
  server_->send(first.route, "answer");
  std::vector<std::string> answers;
  ASSERT_TRUE(wait_until([&] { return answers = honest->poll(Duration{10}), !answers.empty(); }));
  EXPECT_EQ(answers[0], "answer");
}

TEST_F(AServer, PassesOverMessagesOfManyFrames) {
  zmq::context_t context;
  zmq::socket_t stranger(context, zmq::socket_type::dealer);
  stranger.set(zmq::sockopt::curve_serverkey, server_key_);
  stranger.set(zmq::sockopt::curve_publickey, hostile_.public_key);
  stranger.set(zmq::sockopt::curve_secretkey, std::string(hostile_.secret_key.reveal()));
  stranger.set(zmq::sockopt::linger, 0);
  stranger.connect(endpoint());
  stranger.send(zmq::str_buffer("one"), zmq::send_flags::sndmore);
  stranger.send(zmq::str_buffer("two"), zmq::send_flags::none);
  stranger.send(zmq::str_buffer("alone"), zmq::send_flags::none);
  EXPECT_EQ(next().bytes, "alone");
}

}  // namespace
}  // namespace causeway::transport
