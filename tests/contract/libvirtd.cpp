// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/libvirtd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <system_error>
#include <vector>

#include "tests/contract/compute_bench.h"
#include "tests/folders.h"

namespace causeway::agent {
namespace {

namespace fs = std::filesystem;

// The program ends with this process, and writes into the log, so that no pipe of this process is held open
// by it.
pid_t spawn(std::vector<std::string> words, const fs::path& log) {
  words.insert(words.begin(), {"setpriv", "--pdeathsig", "KILL"});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), words[0]);
  return pid;
}

void end(pid_t& pid, int signal) {
  if (pid == 0) return;
  ::kill(pid, signal);
  ::waitpid(pid, nullptr, 0);
  pid = 0;
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Somebody listens at the socket: that the file is there says less.
bool listens(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

// libvirtd wants to know its default user, which a package makes that this machine need not have.
std::string with_user(const std::string& accounts, const std::string& line) {
  return accounts.find("\nlibvirt-qemu:") == std::string::npos ? accounts + line : accounts;
}

// Run inside the namespaces, before libvirtd. libvirt's folders are compiled in: ours are laid over them.
std::string setup_script(const fs::path& folder, const fs::path& cache) {
  return fmt::format(R"(set -e
for n in web-1 web-2 db; do ip tuntap add t-$n mode tap; done
mkdir -p /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt
mount --bind {0}/lib /var/lib/libvirt
mount --bind {0}/log /var/log/libvirt
mount --bind {0}/etc /etc/libvirt
mount --bind {1} /var/cache/libvirt
mount --bind {0}/passwd /etc/passwd
mount --bind {0}/group /etc/group
mount -t tmpfs none /run
mkdir /run/libvirt
mount --bind {0}/run /run/libvirt
touch {0}/ready
exec sleep infinity
)",
                     folder.string(), cache.string());
}

}  // namespace

std::string Libvirtd::why_not() {
  if (::geteuid() != 0) return "not root";
  for (const char* program : {"/usr/sbin/libvirtd", "/usr/bin/qemu-system-x86_64", "/usr/bin/unshare"}) {
    if (!fs::exists(program)) return fmt::format("no {} on this machine", program);
  }
  return "";
}

Libvirtd::Libvirtd() {
  std::string name = (fs::temp_directory_path() / "causeway-libvirtd-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  for (const char* sub : {"etc", "lib", "log", "run", "sock", "state"}) fs::create_directory(folder_ / sub);
  const fs::path cache = fs::path(CAUSEWAY_BINARY_DIR) / "tests" / "libvirt-cache";
  fs::create_directories(cache);
  write(folder_ / "etc/libvirtd.conf", fmt::format(R"(unix_sock_dir = "{0}/sock"
unix_sock_group = "root"
auth_unix_rw = "none"
auth_unix_ro = "none"
host_uuid = "00000001-1111-4222-8333-444444444444"
log_outputs = "3:file:{0}/log/libvirtd.log"
)",
                                                   folder_.string()));
  write(folder_ / "etc/qemu.conf", R"(user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
)");
  write(folder_ / "passwd",
        with_user(read("/etc/passwd"), "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n"));
  write(folder_ / "group", with_user(read("/etc/group"), "libvirt-qemu:x:64055:\n"));
  holder_ = spawn({"unshare", "--mount", "--net", "--uts", "bash", "-c", setup_script(folder_, cache)},
                  folder_ / "namespaces.log");
  wait_until([&] { return fs::exists(folder_ / "ready"); });
  start();
}

Libvirtd::~Libvirtd() {
  end(daemon_, SIGKILL);
  std::vector<pid_t> guests;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_ / "run/qemu", none)) {
    if (entry.path().extension() == ".pid") guests.push_back(guest(entry.path().stem()));
  }
  for (const pid_t pid : guests) {
    if (pid > 0) ::kill(pid, SIGKILL);
  }
  end(holder_, SIGKILL);
  fs::remove_all(folder_, none);
}

std::string Libvirtd::uri() const {
  return fmt::format("qemu:///system?socket={}/sock/libvirt-sock", folder_.string());
}

void Libvirtd::start() {
  // On one processor: a libvirtd that finds itself on another one takes the kept capabilities for stale.
  daemon_ = spawn({"nsenter", "--target", std::to_string(holder_), "--mount", "--net", "--uts", "--root",
                   "taskset", "-c", "0", "libvirtd", "--pid-file", (folder_ / "libvirtd.pid").string()},
                  folder_ / "libvirtd.log");
  wait_until([&] { return listens(folder_ / "sock/libvirt-sock"); });
}

void Libvirtd::stop() { end_daemon(SIGTERM); }

void Libvirtd::kill() { end_daemon(SIGKILL); }

void Libvirtd::end_daemon(int signal) {
  end(daemon_, signal);
  std::error_code none;
  fs::remove(folder_ / "sock/libvirt-sock", none);
}

void Libvirtd::signal(int number) const { ::kill(daemon_, number); }

pid_t Libvirtd::guest(const std::string& domain_name) const {
  const std::string text = read(folder_ / "run/qemu" / (domain_name + ".pid"));
  return text.empty() ? 0 : static_cast<pid_t>(std::stol(text));
}

void write_tiny_guest(const fs::path& disk) {
  // clang-format off
  const std::vector<unsigned char> code = {
      0xfa,                    //         cli
      0x31, 0xc0,              //         xor  ax, ax
      0x8e, 0xd8,              //         mov  ds, ax
      0x8e, 0xd0,              //         mov  ss, ax
      0xbc, 0x00, 0x7c,        //         mov  sp, 0x7c00
      0xbe, 0x3f, 0x7c,        //         mov  si, message
      0xac,                    // next:   lodsb
      0x84, 0xc0,              //         test al, al
      0x74, 0x12,              //         jz   listen
      0x88, 0xc4,              //         mov  ah, al
      0xba, 0xfd, 0x03,        //         mov  dx, 0x3fd        ; line status of COM1
      0xec,                    // full:   in   al, dx
      0xa8, 0x20,              //         test al, 0x20
      0x74, 0xfb,              //         jz   full
      0x88, 0xe0,              //         mov  al, ah
      0xba, 0xf8, 0x03,        //         mov  dx, 0x3f8
      0xee,                    //         out  dx, al
      0xeb, 0xe9,              //         jmp  next
      0xba, 0x02, 0x06,        // listen: mov  dx, 0x602        ; ACPI PM1_EN: the power button
      0xb8, 0x00, 0x01,        //         mov  ax, 0x100
      0xef,                    //         out  dx, ax
      0xfb,                    // idle:   sti
      0xf4,                    //         hlt                   ; the timer wakes it
      0xba, 0x00, 0x06,        //         mov  dx, 0x600        ; PM1_STS
      0xed,                    //         in   ax, dx
      0xf6, 0xc4, 0x01,        //         test ah, 1
      0x74, 0xf5,              //         jz   idle
      0xba, 0x04, 0x06,        //         mov  dx, 0x604        ; PM1_CNT: off
      0xb8, 0x00, 0x20,        //         mov  ax, 0x2000
      0xef,                    //         out  dx, ax
      0xeb, 0xec,              //         jmp  idle
  };
  // clang-format on
  std::string bytes(code.begin(), code.end());
  bytes += "GUEST-READY\r\n";
  bytes.resize(510, '\0');
  bytes += "\x55\xaa";
  bytes.resize(1U << 20U, '\0');
  std::ofstream(disk, std::ios::binary) << bytes;
}

}  // namespace causeway::agent
