// SPDX-License-Identifier: Apache-2.0
#include "common/transport/transport.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/support/wait_until.h"

namespace causeway::transport {
namespace {

class Transport : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "causeway-transport-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string endpoint() const { return "ipc://" + (folder_ / "s.sock").string(); }

  std::unique_ptr<Server> start_server(std::set<std::string> allowed) {
    auto keys = generate_keys().value();
    server_key_ = keys.public_key;
    auto server = serve({.keys = std::move(keys), .endpoints = {endpoint()}, .allowed = std::move(allowed)});
    EXPECT_TRUE(server) << server.error().what;
    return server ? std::move(*server) : nullptr;
  }

  [[nodiscard]] std::unique_ptr<Connection> connect_with(KeyPair keys) const {
    return connect({.keys = std::move(keys), .schedulers = {{"main", {endpoint(), server_key_}}}}).value();
  }

  std::filesystem::path folder_;
  std::string server_key_;
};

constexpr auto kPatience = std::chrono::seconds(10);

TEST_F(Transport, CarriesARequestWithTheKeyItWasSentByAndTheAnswerBack) {
  auto keys = generate_keys().value();
  const std::string client_key = keys.public_key;
  auto server = start_server({client_key});
  auto client = connect_with(std::move(keys));
  ASSERT_TRUE(wait_until([&] { return (void)client->poll(Duration{10}), client->send("question"); }));
  std::vector<Incoming> arrived;
  ASSERT_TRUE(wait_until([&] { return arrived = server->poll(Duration{10}), !arrived.empty(); }));
  EXPECT_EQ(arrived[0].key, client_key);
  EXPECT_EQ(arrived[0].bytes, "question");
  server->send(arrived[0].route, "answer");
  std::vector<std::string> answers;
  ASSERT_TRUE(wait_until([&] { return answers = client->poll(Duration{10}), !answers.empty(); }));
  EXPECT_EQ(answers[0], "answer");
  EXPECT_FALSE(client->problem());
}

TEST_F(Transport, RefusesAKeyThatNobodyAllowedAndSaysSo) {
  auto server = start_server({});
  auto client = connect_with(generate_keys().value());
  ASSERT_TRUE(wait_until([&] {
    (void)client->poll(Duration{10});
    return client->problem() && client->problem()->code == Errc::denied;
  }));
  EXPECT_FALSE(client->send("question"));
  EXPECT_TRUE(server->poll(Duration{0}).empty());
}

TEST_F(Transport, LetsAKeyInOnceItIsAllowed) {
  auto keys = generate_keys().value();
  const std::string client_key = keys.public_key;
  auto server = start_server({});
  server->allow({client_key});
  auto client = connect_with(std::move(keys));
  EXPECT_TRUE(wait_until([&] { return (void)client->poll(Duration{10}), client->send("question"); }));
}

TEST_F(Transport, LetsAKeyInThatWasRefusedAndAllowedLater) {
  auto keys = generate_keys().value();
  const std::string client_key = keys.public_key;
  auto server = start_server({});
  auto client = connect_with(std::move(keys));
  ASSERT_TRUE(wait_until([&] {
    (void)client->poll(Duration{10});
    return client->problem() && client->problem()->code == Errc::denied;
  }));
  server->allow({client_key});
  EXPECT_TRUE(wait_until([&] { return (void)client->poll(Duration{10}), client->send("question"); }));
}

TEST_F(Transport, SaysThatNoSchedulerAnswersWhereNobodyListens) {
  server_key_ = generate_keys().value().public_key;
  auto client = connect_with(generate_keys().value());
  EXPECT_FALSE(client->send("question"));
  ASSERT_TRUE(client->problem());
  EXPECT_EQ(client->problem()->code, Errc::unavailable);
}

TEST_F(Transport, DropsAnAnswerToAPeerThatIsGone) {
  auto server = start_server({});
  server->send("nobody", "answer");
  EXPECT_TRUE(server->poll(Duration{0}).empty());
}

TEST_F(Transport, ComesBackEarlyWhenWoken) {
  auto server = start_server({});
  server->wake();
  EXPECT_TRUE(server->poll(kPatience).empty());
}

TEST_F(Transport, SaysThatAnEndpointCantBeListenedOn) {
  auto server = serve(
      {.keys = generate_keys().value(), .endpoints = {"ipc:///nonexistent/folder/s.sock"}, .allowed = {}});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().what.find("ipc:///nonexistent/folder/s.sock: can't listen there"),
            std::string::npos);
}

TEST_F(Transport, KeepsAKeyInAFileThatOnlyItsOwnerReads) {
  const auto file = folder_ / "admin.key";
  const auto keys = generate_keys().value();
  ASSERT_TRUE(write_keys(keys, file));
  struct stat facts{};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto back = read_keys(file);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(back->public_key, keys.public_key);
  EXPECT_EQ(back->secret_key.reveal(), keys.secret_key.reveal());
}

TEST_F(Transport, NeverOverwritesAKey) {
  const auto file = folder_ / "admin.key";
  ASSERT_TRUE(write_keys(generate_keys().value(), file));
  const auto again = write_keys(generate_keys().value(), file);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
}

TEST_F(Transport, RefusesASecretKeyThatOthersMayRead) {
  const auto file = folder_ / "admin.key";
  ASSERT_TRUE(write_keys(generate_keys().value(), file));
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto keys = read_keys(file);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::denied);
}

TEST_F(Transport, RefusesAFileThatIsNoKey) {
  const auto file = folder_ / "admin.key";
  std::ofstream(file) << "short";
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(read_keys(file).error().code, Errc::corrupt);
  EXPECT_NE(public_key_problem("short"), "");
  EXPECT_EQ(public_key_problem(generate_keys().value().public_key), "");
}

}  // namespace
}  // namespace causeway::transport
