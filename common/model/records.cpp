// SPDX-License-Identifier: Apache-2.0
#include "common/model/records.h"

#include <fmt/format.h>

namespace causeway::model {
namespace {

struct KeyText {
  std::string operator()(const StateRecord&) const { return ""; }
  std::string operator()(const Site&) const { return ""; }
  std::string operator()(const KeyRecord& record) const { return record.name; }
  // Padded, so that the order of the keys is the order of the events.
  std::string operator()(const EventRecord& record) const { return fmt::format("{:020}", record.sequence); }
  std::string operator()(const AnswerRecord& record) const {
    return fmt::format("{:05}", record.sequence % kAnswersKept);
  }
  std::string operator()(const auto& record) const { return record.id.str(); }
};

}  // namespace

GrantId grant_id(const ApplicationId& application, const ServiceId& service) {
  return GrantId(service.str() + ":" + application.str());
}

RecordKey key_of(const Record& record) { return {record.index(), std::visit(KeyText{}, record)}; }

}  // namespace causeway::model
