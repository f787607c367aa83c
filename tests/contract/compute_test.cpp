// SPDX-License-Identifier: Apache-2.0
// What every implementation of agent::Compute promises (agent/compute/compute.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "tests/contract/compute_bench.h"

namespace causeway::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Param {
  std::string name;
  std::function<std::unique_ptr<ComputeBench>()> make;
};

class ComputeContract : public testing::TestWithParam<Param> {
 protected:
  void SetUp() override {
    bench_ = GetParam().make();
    if (const auto why = bench_->why_not(); !why.empty()) GTEST_SKIP() << why;
    compute_ = bench_->agent();
  }

  // The workload as it is seen, or nothing; a failure to look is a failure of the test.
  std::optional<ObservedWorkload> seen(const WorkloadId& id) {
    const auto observation = compute_->observe();
    EXPECT_TRUE(observation) << observation.error().what;
    if (!observation) return std::nullopt;
    const auto found = std::ranges::find(observation->workloads, id, &ObservedWorkload::id);
    return found == observation->workloads.end() ? std::nullopt : std::optional(*found);
  }
  Power power(const WorkloadId& id) {
    const auto workload = seen(id);
    EXPECT_TRUE(workload) << id.str() << " is not there";
    return workload ? workload->power : Power::stopped;
  }
  DomainSpec defined(const std::string& name) {
    auto spec = bench_->guest(name);
    expect_ok(compute_->define(spec));
    return spec;
  }
  DomainSpec running(const std::string& name) {
    auto spec = defined(name);
    expect_ok(compute_->start(spec.id));
    return spec;
  }
  bool booted(const WorkloadId& id) {
    const auto text = compute_->console(id, 1U << 16U);
    return text && text->find("GUEST-READY") != std::string::npos;
  }
  static void expect_ok(const Result<>& result) { EXPECT_TRUE(result) << result.error().what; }
  static void expect_fails(const Result<>& result, Errc code) {
    ASSERT_FALSE(result) << "it should have failed with " << to_string(code);
    EXPECT_EQ(to_string(result.error().code), to_string(code)) << result.error().what;
  }

  std::unique_ptr<ComputeBench> bench_;
  std::unique_ptr<Compute> compute_;
};

TEST_P(ComputeContract, ShowsADefinedWorkloadAsStopped) {
  const auto spec = defined("web-1");
  const auto workload = seen(spec.id);
  ASSERT_TRUE(workload);
  EXPECT_EQ(workload->zone, spec.zone);
  EXPECT_EQ(workload->defined, spec.generation);
  EXPECT_EQ(workload->current, std::nullopt);
  EXPECT_EQ(workload->power, Power::stopped);
  EXPECT_EQ(workload->run, 0);
}

TEST_P(ComputeContract, ShowsAStartedWorkloadAsRunningWithItsGeneration) {
  const auto spec = running("web-1");
  const auto workload = seen(spec.id);
  ASSERT_TRUE(workload);
  EXPECT_EQ(workload->power, Power::running);
  EXPECT_EQ(workload->current, spec.generation);
  EXPECT_NE(workload->run, 0);
}

TEST_P(ComputeContract, StartsARunningWorkloadOnlyOnce) {
  const auto spec = running("web-1");
  const auto first = seen(spec.id);
  expect_ok(compute_->start(spec.id));
  EXPECT_EQ(seen(spec.id), first);
}

TEST_P(ComputeContract, DefinesTheSameGenerationOnlyOnce) {
  auto spec = defined("web-1");
  expect_ok(compute_->define(spec));
  EXPECT_EQ(seen(spec.id)->defined, spec.generation);
}

TEST_P(ComputeContract, RedefinesARunningWorkloadForItsNextStart) {
  auto spec = running("web-1");
  const auto before = seen(spec.id);
  spec.generation = Generation{2};
  spec.vcpus = 2;
  expect_ok(compute_->define(spec));
  const auto after = seen(spec.id);
  EXPECT_EQ(after->defined, Generation{2});
  EXPECT_EQ(after->current, Generation{1});
  EXPECT_EQ(after->power, Power::running);
  EXPECT_EQ(after->run, before->run);

  expect_ok(compute_->kill(spec.id));
  expect_ok(compute_->start(spec.id));
  EXPECT_EQ(seen(spec.id)->current, Generation{2});
}

TEST_P(ComputeContract, TellsOneRunFromTheNext) {
  const auto spec = running("web-1");
  const auto first = seen(spec.id)->run;
  expect_ok(compute_->kill(spec.id));
  expect_ok(compute_->start(spec.id));
  EXPECT_NE(seen(spec.id)->run, first);
}

TEST_P(ComputeContract, StartsNothingThatIsNotDefined) {
  expect_fails(compute_->start(WorkloadId{"civil-affairs/portal/nobody"}), Errc::not_found);
}

TEST_P(ComputeContract, KillsAtOnceAndKeepsTheDefinition) {
  const auto spec = running("web-1");
  expect_ok(compute_->kill(spec.id));
  const auto workload = seen(spec.id);
  ASSERT_TRUE(workload);
  EXPECT_EQ(workload->power, Power::stopped);
  EXPECT_EQ(workload->current, std::nullopt);
  EXPECT_EQ(workload->defined, spec.generation);
}

TEST_P(ComputeContract, CallsItDoneToStopOrKillWhatDoesNotRun) {
  const auto spec = defined("web-1");
  const WorkloadId nobody{"civil-affairs/portal/nobody"};
  expect_ok(compute_->stop(spec.id));
  expect_ok(compute_->kill(spec.id));
  expect_ok(compute_->stop(nobody));
  expect_ok(compute_->kill(nobody));
}

TEST_P(ComputeContract, RefusesToForgetWhatRuns) {
  const auto spec = running("web-1");
  expect_fails(compute_->undefine(spec.id), Errc::busy);
  EXPECT_EQ(power(spec.id), Power::running);
}

TEST_P(ComputeContract, ForgetsAStoppedWorkloadAndForgetsItAgain) {
  const auto spec = running("web-1");
  expect_ok(compute_->kill(spec.id));
  expect_ok(compute_->undefine(spec.id));
  EXPECT_EQ(seen(spec.id), std::nullopt);
  expect_ok(compute_->undefine(spec.id));
}

TEST_P(ComputeContract, ShowsWorkloadsInTheOrderOfTheirIds) {
  defined("web-2");
  defined("web-1");
  defined("db");
  const auto observation = compute_->observe();
  ASSERT_TRUE(observation);
  EXPECT_TRUE(std::ranges::is_sorted(observation->workloads, {}, &ObservedWorkload::id));
  EXPECT_EQ(observation->workloads.size(), 3U);
}

TEST_P(ComputeContract, SeesTheSameAgainWhenNothingHappened) {
  running("web-1");
  defined("web-2");
  EXPECT_EQ(compute_->observe(), compute_->observe());
}

TEST_P(ComputeContract, ReportsAForeignDomainAndLeavesItAlone) {
  const auto spec = bench_->guest("web-1");
  bench_->add_foreign(domain_name(spec.id));
  const auto observation = compute_->observe();
  ASSERT_TRUE(observation);
  EXPECT_TRUE(observation->workloads.empty());
  EXPECT_EQ(std::ranges::count(observation->foreign, domain_name(spec.id), &ForeignDomain::name), 1);

  expect_fails(compute_->define(spec), Errc::conflict);
  expect_fails(compute_->start(spec.id), Errc::conflict);
  expect_fails(compute_->stop(spec.id), Errc::conflict);
  expect_fails(compute_->kill(spec.id), Errc::conflict);
  expect_fails(compute_->undefine(spec.id), Errc::conflict);
  EXPECT_TRUE(bench_->foreign_untouched(domain_name(spec.id)));
}

TEST_P(ComputeContract, RefusesASpecificationThatMakesNoMachine) {
  auto spec = bench_->guest("web-1");
  spec.vcpus = 0;
  expect_fails(compute_->define(spec), Errc::invalid);
  spec = bench_->guest("web-1");
  spec.memory = 0_MiB;
  expect_fails(compute_->define(spec), Errc::invalid);
  EXPECT_EQ(seen(spec.id), std::nullopt);
}

TEST_P(ComputeContract, AdoptsWhatRunsAfterTheAgentIsStartedAnew) {
  const auto spec = running("web-1");
  const auto before = seen(spec.id);
  compute_.reset();
  compute_ = bench_->agent();
  const auto after = seen(spec.id);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->run, before->run);
  EXPECT_EQ(after->current, before->current);
  EXPECT_EQ(after->power, Power::running);
}

TEST_P(ComputeContract, LetsAPausedWorkloadGoOn) {
  const auto spec = running("web-1");
  const auto run = seen(spec.id)->run;
  bench_->pause(spec.id);
  EXPECT_EQ(power(spec.id), Power::paused);
  EXPECT_THAT(seen(spec.id)->why, Not(""));
  expect_ok(compute_->start(spec.id));
  EXPECT_EQ(power(spec.id), Power::running);
  EXPECT_EQ(seen(spec.id)->run, run);
}

TEST_P(ComputeContract, KillsAPausedWorkload) {
  const auto spec = running("web-1");
  bench_->pause(spec.id);
  expect_ok(compute_->kill(spec.id));
  EXPECT_EQ(power(spec.id), Power::stopped);
}

TEST_P(ComputeContract, WakesItsOwnerWhenSomethingChanged) {
  std::atomic<int> woken{0};
  compute_.reset();
  compute_ = bench_->agent();
  compute_->set_wakeup([&] { ++woken; });
  const auto spec = running("web-1");
  EXPECT_TRUE(bench_->eventually([&] { return woken > 0; }));
  if (!bench_->has_guests()) return;
  ASSERT_TRUE(compute_->observe());
  const int before = woken;
  bench_->crash(spec.id);
  EXPECT_TRUE(bench_->eventually([&] { return woken > before; }));
  compute_.reset();  // before what it wakes
}

TEST_P(ComputeContract, StopsAGuestThatListensAndKeepsItStopped) {
  if (!bench_->has_guests()) GTEST_SKIP() << "no guest inside";
  const auto spec = running("web-1");
  ASSERT_TRUE(bench_->eventually([&] { return booted(spec.id); }));
  expect_ok(compute_->stop(spec.id));
  EXPECT_TRUE(bench_->eventually([&] { return power(spec.id) == Power::stopped; }));
  EXPECT_EQ(seen(spec.id)->run, 0);
}

TEST_P(ComputeContract, KeepsTheConsoleOverRunsAndGivesItsTail) {
  if (!bench_->has_guests()) GTEST_SKIP() << "no guest inside";
  const auto spec = running("web-1");
  ASSERT_TRUE(bench_->eventually([&] { return booted(spec.id); }));
  expect_ok(compute_->kill(spec.id));
  EXPECT_THAT(compute_->console(spec.id, 1U << 16U).value(), HasSubstr("GUEST-READY"));
  EXPECT_EQ(compute_->console(spec.id, 3).value().size(), 3U);
  EXPECT_EQ(compute_->console(spec.id, 0).value(), "");
}

TEST_P(ComputeContract, HasAnEmptyConsoleBeforeTheFirstStart) {
  const auto spec = defined("web-1");
  EXPECT_EQ(compute_->console(spec.id, 100).value(), "");
  const auto nobody = compute_->console(WorkloadId{"civil-affairs/portal/nobody"}, 100);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::not_found);
}

TEST_P(ComputeContract, ForgetsTheConsoleWithTheWorkload) {
  if (!bench_->has_guests()) GTEST_SKIP() << "no guest inside";
  auto spec = running("web-1");
  ASSERT_TRUE(bench_->eventually([&] { return booted(spec.id); }));
  expect_ok(compute_->kill(spec.id));
  expect_ok(compute_->undefine(spec.id));
  defined("web-1");
  EXPECT_EQ(compute_->console(spec.id, 100).value(), "");
}

TEST_P(ComputeContract, ShowsAGuestWhoseProcessWasEndedFromOutsideAsCrashed) {
  if (!bench_->has_guests()) GTEST_SKIP() << "no guest inside";
  const auto spec = running("web-1");
  bench_->crash(spec.id);
  EXPECT_TRUE(bench_->eventually([&] { return power(spec.id) == Power::crashed; }));
  EXPECT_EQ(seen(spec.id)->current, std::nullopt);
  expect_ok(compute_->start(spec.id));
  EXPECT_EQ(power(spec.id), Power::running);
  EXPECT_EQ(seen(spec.id)->why, "");
}

TEST_P(ComputeContract, StartsNothingWhoseSecretIsNotKnown) {
  if (!bench_->has_secrets()) GTEST_SKIP() << "no secrets here";
  auto spec = bench_->guest("web-1");
  spec.disks = {{.name = "root",
                 .source = RbdImage{.pool = "extranet",
                                    .image_name = "civil-affairs.portal.web-1.root",
                                    .monitors = {"127.0.0.1:1"},
                                    .ceph_user = "h1-extranet",
                                    .secret_uuid = "aaaaaaaa-0000-4000-8000-0000000000ff"}}};
  expect_ok(compute_->define(spec));
  expect_fails(compute_->start(spec.id), Errc::unavailable);
  EXPECT_EQ(seen(spec.id)->run, 0);
}

TEST_P(ComputeContract, TakesASecretAgainAndRefusesWhatIsNone) {
  if (!bench_->has_secrets()) GTEST_SKIP() << "no secrets here";
  const ZoneId zone{"extranet"};
  const std::string uuid = "aaaaaaaa-0000-4000-8000-000000000001";
  expect_ok(compute_->set_secret(zone, uuid, Secret("AQBvKZ1m")));
  expect_ok(compute_->set_secret(zone, uuid, Secret("AQBvKZ1m")));
  expect_ok(compute_->set_secret(zone, uuid, Secret("c2Vjb25k")));
  expect_fails(compute_->set_secret(zone, "no-uuid", Secret("AQBvKZ1m")), Errc::invalid);
  const auto refused = compute_->set_secret(zone, uuid, Secret("not base64!"));
  expect_fails(refused, Errc::invalid);
  EXPECT_THAT(refused.error().what, Not(HasSubstr("not base64!")));
}

TEST_P(ComputeContract, SaysThatTheDaemonIsAwayAndGoesOnWhenItIsBack) {
  if (!bench_->has_daemon()) GTEST_SKIP() << "no daemon here";
  const auto spec = running("web-1");
  const auto run = seen(spec.id)->run;
  bench_->set_answering(false);
  const auto away = compute_->observe();
  ASSERT_FALSE(away);
  EXPECT_EQ(to_string(away.error().code), "unavailable") << away.error().what;
  expect_fails(compute_->start(spec.id), Errc::unavailable);
  bench_->set_answering(true);
  ASSERT_TRUE(bench_->eventually([&] { return compute_->observe().has_value(); }));
  EXPECT_EQ(power(spec.id), Power::running);
  EXPECT_EQ(seen(spec.id)->run, run);
}

TEST_P(ComputeContract, LetsGuestsRunOverARestartOfTheDaemon) {
  if (!bench_->has_daemon()) GTEST_SKIP() << "no daemon here";
  const auto spec = running("web-1");
  const auto run = seen(spec.id)->run;
  bench_->restart_daemon();
  ASSERT_TRUE(bench_->eventually([&] { return compute_->observe().has_value(); }));
  EXPECT_EQ(power(spec.id), Power::running);
  EXPECT_EQ(seen(spec.id)->run, run);
  EXPECT_EQ(seen(spec.id)->current, spec.generation);
}

TEST_P(ComputeContract, KnowsWhatTheHostHas) {
  const auto inventory = compute_->inventory();
  ASSERT_TRUE(inventory) << inventory.error().what;
  EXPECT_GT(inventory->vcpus, 0);
  EXPECT_GT(inventory->memory, 0_MiB);
  EXPECT_TRUE(std::ranges::is_sorted(inventory->cpu_flags));
  EXPECT_EQ(compute_->inventory(), inventory);
}

TEST_P(ComputeContract, GivesEachPinnedWorkloadCpusOfItsOwn) {
  if (compute_->inventory()->vcpus < 2) GTEST_SKIP() << "this machine has one CPU";
  const auto pin = [&](const std::string& name) {
    auto spec = bench_->guest(name);
    spec.binding.pinned = true;
    expect_ok(compute_->define(spec));
    return spec;
  };
  auto one = pin("web-1");
  const auto two = pin("web-2");
  const auto cpus = seen(one.id)->cpus;
  EXPECT_EQ(cpus.size(), 1U);
  EXPECT_EQ(seen(two.id)->cpus.size(), 1U);
  EXPECT_NE(cpus, seen(two.id)->cpus);
  one.generation = Generation{2};
  expect_ok(compute_->define(one));
  EXPECT_EQ(seen(one.id)->cpus, cpus) << "it keeps what it has";
  compute_ = bench_->agent();
  EXPECT_EQ(seen(one.id)->cpus, cpus) << "the definition holds it, not the agent";
}

TEST_P(ComputeContract, GivesTheCpusOfAForgottenWorkloadToTheNext) {
  auto first = bench_->guest("web-1");
  first.binding.pinned = true;
  expect_ok(compute_->define(first));
  const auto cpus = seen(first.id)->cpus;
  expect_ok(compute_->undefine(first.id));
  auto second = bench_->guest("web-2");
  second.binding.pinned = true;
  expect_ok(compute_->define(second));
  EXPECT_EQ(seen(second.id)->cpus, cpus);
}

TEST_P(ComputeContract, RunsOthersBesideAPinnedWorkload) {
  auto pinned = bench_->guest("web-1");
  const auto floating = running("web-2");
  pinned.binding.pinned = true;
  pinned.binding.nodes = {0};
  expect_ok(compute_->define(pinned));
  expect_ok(compute_->start(pinned.id));
  EXPECT_EQ(power(pinned.id), Power::running);
  EXPECT_EQ(power(floating.id), Power::running);
  EXPECT_EQ(seen(floating.id)->cpus.size(), 0U);
  expect_ok(compute_->kill(pinned.id));
  expect_ok(compute_->undefine(pinned.id));
  EXPECT_EQ(power(floating.id), Power::running);
}

TEST_P(ComputeContract, RefusesABindingToWhatTheHostDoesNotHave) {
  auto spec = bench_->guest("web-1");
  spec.binding.nodes = {100};
  expect_fails(compute_->define(spec), Errc::invalid);
  EXPECT_THAT(compute_->define(spec).error().what, HasSubstr("NUMA node 100"));
  spec.binding = {false, true, {}};
  spec.vcpus = compute_->inventory()->vcpus + 1;
  expect_fails(compute_->define(spec), Errc::invalid);
  spec = bench_->guest("web-1");
  spec.binding.huge_pages = true;
  spec.memory = MiB{1LL << 40};
  expect_fails(compute_->define(spec), Errc::unavailable);
  EXPECT_THAT(compute_->define(spec).error().what, HasSubstr("huge pages"));
  EXPECT_EQ(seen(spec.id), std::nullopt) << "what was refused is not there";
}

INSTANTIATE_TEST_SUITE_P(Drivers, ComputeContract,
                         testing::Values(Param{"Simulated", simulated_compute_bench},
                                         Param{"LibvirtTestDriver", test_driver_compute_bench},
                                         Param{"LibvirtQemu", qemu_compute_bench}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace causeway::agent
