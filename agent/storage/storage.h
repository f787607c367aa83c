// SPDX-License-Identifier: Apache-2.0
// What an agent asks of the shared storage: volumes and golden images in the pool of a zone, and what a
// hypervisor needs to open a volume. Left to others: when to do it (reconcile), opening volumes (compute),
// fencing (the scheduler).
//
// Every method blocks and may be called from several threads. Every one is idempotent: it looks first, and
// what is already as asked is success at the price of a look. A call that was cut short (by a crash, a
// timeout, a lost answer) is repeated as it was; what it left half done has a temporary name and is cleared
// away by the next call.
//
// Failures that every method shares:
//   unavailable  the cluster did not answer within the driver's bound; a change that was asked for may still
//   happen timeout      the answer was lost on its way; what was asked may or may not have happened denied
//   the cluster refuses this host's key not_found    the zone is none of this host's
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/secret.h"
#include "common/core/units.h"

namespace causeway::agent {

// A golden image, once per pool. A name stands for one content for ever: other content gets another name.
struct ImageSpec {
  ZoneId zone;
  ImageId image;
  std::string file;    // a name in the images folder, such as "debian-12.qcow2"; qcow2, vmdk or raw
  std::string sha256;  // of the file, 64 hexadecimal digits
  GiB size;            // of the smallest volume that holds its disk; a file with a larger disk is refused

  bool operator==(const ImageSpec&) const = default;
};

// Where a volume's first content comes from. Asked only while the volume doesn't exist yet.
struct EmptySource {
  bool operator==(const EmptySource&) const = default;
};
struct ImageSource {
  ImageId image;  // cloned, copy on write
  bool operator==(const ImageSource&) const = default;
};
struct FileSource {
  std::string file;  // a name in the images folder; qcow2, vmdk or raw, copied
  bool operator==(const FileSource&) const = default;
};
using VolumeSource = std::variant<EmptySource, ImageSource, FileSource>;

struct VolumeSpec {
  ZoneId zone;
  VolumeId volume;
  GiB size;
  VolumeSource source;

  bool operator==(const VolumeSpec&) const = default;
};

struct ObservedVolume {
  VolumeId volume;
  GiB size;    // whole GiB that are there: never more than the truth
  bool ready;  // false: still being made, by some host, under a temporary name; can't be attached

  bool operator==(const ObservedVolume&) const = default;
};

struct ObservedImage {
  ImageId image;
  std::string sha256;

  bool operator==(const ObservedImage&) const = default;
};

// What lies in one zone's pool, sorted by name: the volumes of every host, not of this one only.
struct ObservedPool {
  std::vector<ObservedVolume> volumes;
  std::vector<ObservedImage> images;  // complete ones
  std::vector<std::string>
      foreign;  // images without our mark, by their name in the pool: reported, never touched

  bool operator==(const ObservedPool&) const = default;
};

struct Progress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

// Called from time to time on the caller's thread while data is copied. Returning false stops the work: the
// call answers busy and leaves nothing behind but what the next call clears away.
using ProgressSink = std::function<bool(const Progress&)>;

// How a hypervisor on this host opens a volume.
struct AttachInfo {
  std::string pool;
  std::string image_name;
  std::vector<std::string> monitors;  // "10.99.0.254:3300", "[fd00::1]:3300"; without a port: the usual ones
  std::string ceph_user;              // without "client."
  std::string secret_uuid;            // the same for all volumes of a zone on this host

  bool operator==(const AttachInfo&) const = default;
};

// The cephx key of this host in one zone, for the hypervisor's memory; never for a file or a log.
struct AttachSecret {
  std::string uuid;  // AttachInfo's secret_uuid
  Secret key;        // base64, as Ceph writes it
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Everything in the zone's pool. Changes nothing.
  virtual Result<ObservedPool> observe(const ZoneId& zone) = 0;

  // Imports the golden image, unless it is there: then success without a look at the file. The checksum is
  // verified before the image gets its name.
  //   busy       it is being imported, here or on another host, or the sink said stop: call again
  //   conflict   the name is taken by other content or by a foreign image
  //   not_found  no such file
  //   invalid    a file name with a path, a format or a file feature that is not accepted, a disk
  //   larger
  //              than the spec's size, an empty spec
  //   corrupt    the file's checksum is another
  virtual Result<> ensure_image(const ImageSpec& spec, const ProgressSink& sink) = 0;

  // Makes the volume, or enlarges it, also while a guest uses it. A volume that exists keeps its content: the
  // source is not looked at again. Already of that size: success.
  //   busy       it is being made, here or on another host, or the sink said stop: call again
  //   conflict   it is larger than the spec (a volume never shrinks), or a foreign image has its name
  //   not_found  the source's file or golden image is not there
  //   invalid    as ensure_image; also a source that is larger than the spec's size
  virtual Result<> ensure_volume(const VolumeSpec& spec, const ProgressSink& sink) = 0;

  // Moves the volume to the trash, where it stays recoverable for the driver's deferment. Already gone, or
  // already in the trash: success.
  //   busy      something has it open
  //   conflict  the image of that name is foreign: left alone
  virtual Result<> remove_volume(const ZoneId& zone, const VolumeId& volume) = 0;

  // Leaves the host's sign of life in the zone's pool, in place of the one before; each has another count.
  // The scheduler reads it, together with the addresses that the host's clients of the storage have.
  //   denied   the host is fenced
  virtual Result<> leave_sign(const ZoneId& zone, std::uint64_t count) = 0;

  // Clears away what this host left half done and what has been in the trash for longer than the deferment.
  // Nothing to do: success. Worth calling after a start and every few hours; takes long when it frees much.
  virtual Result<> sweep(const ZoneId& zone) = 0;

  // Pure but for the zone's configuration: the volume need not exist.
  virtual Result<AttachInfo> attach_info(const ZoneId& zone, const VolumeId& volume) = 0;

  // Read afresh from the keyring at each call, so that an exchanged key is found.
  //   unavailable  the keyring can't be read
  virtual Result<AttachSecret> secret(const ZoneId& zone) = 0;
};

}  // namespace causeway::agent
