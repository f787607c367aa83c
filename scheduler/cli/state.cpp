// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/config/daemon_config.h"
#include "common/core/digest.h"
#include "scheduler/cli/session.h"
#include "scheduler/store/check.h"

namespace causeway::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLookAgain{100};

struct Options {
  std::string file;
  std::string scheduler = "/etc/causeway/scheduler.yaml";
};

// A file that is being written and is gone again unless it was finished.
class Arriving {
 public:
  explicit Arriving(std::string file)
      : file_(std::move(file)),
        descriptor_(::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  ~Arriving() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!finished_) ::unlink(file_.c_str());
  }
  Arriving(const Arriving&) = delete;
  Arriving& operator=(const Arriving&) = delete;

  [[nodiscard]] Result<> made() const {
    if (descriptor_ >= 0) return {};
    if (errno == EEXIST)
      return fail(Errc::conflict,
                  fmt::format("{} is there, and a backup never overwrites; choose another name", file_));
    return fail(Errc::unavailable, fmt::format("{}: can't be made: {}", file_, std::strerror(errno)));
  }
  Result<> add(const std::string& piece) {
    digest_.add(piece);
    if (::write(descriptor_, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size())) return {};
    return fail(Errc::unavailable, fmt::format("{}: can't be written: {}", file_, std::strerror(errno)));
  }
  Result<> finish(const std::string& sha256) {
    if (digest_.hex() != sha256)
      return fail(Errc::corrupt, fmt::format("{}: what arrived is not what was sent; try again", file_));
    if (::fsync(descriptor_) != 0)
      return fail(Errc::unavailable, fmt::format("{}: can't be written: {}", file_, std::strerror(errno)));
    finished_ = true;
    return {};
  }

 private:
  std::string file_;
  int descriptor_;
  Sha256 digest_;
  bool finished_ = false;
};

// False: it was shown why not.
bool receive(Session& session, const std::string& file) {
  Arriving arriving(file);
  const auto shown = [&](const Result<>& done) {
    if (!done) session.show(done.error());
    return done.has_value();
  };
  if (!shown(arriving.made())) return false;
  auto begun = session.ask_for<model::BackupResponse>(model::BackupRequest{});
  if (!begun) return false;
  std::uint64_t offset = 0;
  while (true) {
    const auto next = session.ask_for<model::BackupResponse>(model::BackupRequest{begun->backup, offset});
    if (!next) return false;
    if (!next->whole) {
      session.sleep(kLookAgain);
      continue;
    }
    // The request behind the end tells the scheduler that all has arrived.
    if (next->piece.empty()) return shown(arriving.finish(next->sha256));
    if (!shown(arriving.add(next->piece))) return false;
    offset += next->piece.size();
  }
}

// Shows what a file holds and what is wrong with it; whether it is sound.
bool show_checked(Session& session, const std::string& file) {
  const auto checked = store::check_file(file);
  if (!checked) {
    session.show(checked.error());
    return false;
  }
  fmt::print(session.out, "epoch {}, revision {}, schema {}: {} hosts, {} applications, {} workloads\n",
             checked->epoch.value, checked->revision.value, checked->schema, checked->hosts,
             checked->applications, checked->workloads);
  if (!checked->chain.head.empty())
    fmt::print(session.out, "audit log: {} events, the newest has the hash {}\n", checked->chain.events,
               checked->chain.head);
  for (const auto& problem : checked->problems) fmt::print(session.err, "wrong: {}\n", problem);
  if (!checked->problems.empty()) session.exit_code = kError;
  return checked->problems.empty();
}

void back_up(Session& session, const std::string& file) {
  if (!receive(session, file)) return;
  if (!show_checked(session, file)) return;
  fmt::print(session.out, "{} is a sound backup\n", file);
}

void check(Session& session, const std::string& file) {
  if (!file.empty()) {
    if (show_checked(session, file)) fmt::print(session.out, "{} is sound\n", file);
    return;
  }
  std::string folder = (fs::temp_directory_path() / "causeway-check-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return session.show(
        Error{Errc::unavailable, fmt::format("{}: can't be made: {}", folder, std::strerror(errno))});
  const std::string copy = folder + "/state.db";
  if (receive(session, copy) && show_checked(session, copy))
    fmt::print(session.out, "the scheduler's state is sound\n");
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

void restore(Session& session, const Options& options) {
  const auto settings = config::load_scheduler_config(options.scheduler);
  if (!settings) return session.show(settings.error());
  if (settings->state_ceph)
    return session.show(Error{
        Errc::invalid,
        fmt::format(
            "the state of scheduler {} is in Ceph: restore to a file, and let a scheduler of its own with "
            "state: {{file: …}} go on from it",
            settings->name)});
  if (!show_checked(session, options.file)) return;
  session.out.flush();
  if (const auto restored = store::restore_file(options.file, settings->state_file); !restored)
    return session.show(restored.error());
  fmt::print(session.out,
             "restored to {}\nStart the scheduler. Hosts whose work was changed after this backup keep doing "
             "that work and are told nothing new; `causeway status` names them, and `causeway host uncordon` "
             "makes these records hold for one.\n",
             settings->state_file.string());
}

}  // namespace

void add_state(Verb& app, Session& session) {
  auto group = app.add_subcommand("state", "Back up, check and restore what the scheduler must not lose");
  group.require_subcommand();
  group.footer("Example:\n  causeway state backup /backup/causeway-monday.db");
  auto options = std::make_shared<Options>();

  auto backup = group.add_subcommand("backup", "Copy the state of the running scheduler into a file here");
  backup.add_option("file", options->file, "Where to; refused if it exists").required().type_name("FILE");
  backup.footer("Example:\n  causeway state backup /backup/causeway-monday.db");
  backup.callback([options, &session] { back_up(session, options->file); });

  auto look = group.add_subcommand("check", "Look for damage: pages, audit log, records, contradictions");
  look.add_option("file", options->file,
                  "A backup, or the state of a scheduler that is stopped; without it the running scheduler's")
      .type_name("FILE");
  look.footer("Example:\n  causeway state check /backup/causeway-monday.db");
  look.callback([options, &session] { check(session, options->file); });

  auto back = group.add_subcommand("restore", "Make a backup the state of a scheduler that is stopped");
  back.add_option("file", options->file, "The backup; it is checked first").required().type_name("FILE");
  back.add_option("--scheduler", options->scheduler,
                  "The scheduler's settings, which say where its state is; refused if there is one")
      .type_name("FILE");
  back.footer(
      "Example:\n  causeway state restore /backup/causeway-monday.db --scheduler "
      "/etc/causeway/scheduler.yaml");
  back.callback([options, &session] { restore(session, *options); });
}

}  // namespace causeway::cli
