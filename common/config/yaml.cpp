// SPDX-License-Identifier: Apache-2.0
#include "common/config/yaml.h"

#include <fmt/format.h>
#include <utf8proc.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

namespace causeway::config {
namespace {

// Lines of the text, for turning the parser's byte columns into an editor's.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }

  // From a line and a byte column, both counted from 0. Goes on from the place asked for last where it can,
  // so that a file of one long line doesn't take time by its square.
  [[nodiscard]] Position position(int line, int byte_column) {
    const auto index = std::min(static_cast<std::size_t>(std::max(line, 0)), starts_.size() - 1);
    const std::string_view all = from(index);
    const auto bytes = std::min(static_cast<std::size_t>(std::max(byte_column, 0)), all.size());
    if (index != last_line_ || bytes < last_bytes_) last_bytes_ = last_characters_ = 0;
    const auto characters =
        std::ranges::count_if(all.substr(last_bytes_, bytes - last_bytes_),
                              [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
    last_line_ = index;
    last_bytes_ = bytes;
    last_characters_ += static_cast<std::size_t>(characters);
    return {static_cast<int>(index) + 1, static_cast<int>(last_characters_) + 1};
  }

  [[nodiscard]] Position position(std::size_t offset) {
    const auto next = std::ranges::upper_bound(starts_, offset);
    const auto index = static_cast<std::size_t>(next - starts_.begin()) - 1;
    return position(static_cast<int>(index), static_cast<int>(offset - starts_[index]));
  }

  // The text from a place on; empty behind its end.
  [[nodiscard]] std::string_view at(const YAML::Mark& mark) const {
    const std::string_view line = from(static_cast<std::size_t>(std::max(mark.line, 0)));
    return line.substr(std::min(line.size(), static_cast<std::size_t>(std::max(mark.column, 0))));
  }

 private:
  [[nodiscard]] std::string_view from(std::size_t index) const {
    return index < starts_.size() ? text_.substr(starts_[index]) : std::string_view{};
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::size_t last_line_ = 0;
  std::size_t last_bytes_ = 0;
  std::size_t last_characters_ = 0;
};

// A limit is exceeded: there is no use in reading on. Thrown through the parser, caught in this file.
struct Stopped {};

// What the parser would let pass or answer with a riddle, found in the bytes themselves.
std::vector<Problem> refused_bytes(std::string_view text, Lines& lines) {
  constexpr std::size_t kShown = 20;  // a file full of tabs needs no more examples
  std::vector<Problem> problems;
  bool before_content = true;
  for (std::size_t i = 0; i < text.size() && problems.size() < kShown;) {
    const bool line_start = i == 0 || text[i - 1] == '\n';
    if (line_start && before_content && text[i] == '%')
      problems.push_back({lines.position(i), "a directive: this format has none", "remove the line"});
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte > ' ' && byte != '#' && byte != '%' && line_start) before_content = false;
    if (text[i] == '\t') {
      problems.push_back({lines.position(i), "a tab, which each editor shows in another width",
                          "write spaces (in quoted text: \\t)"});
    } else if ((byte < ' ' && text[i] != '\n' && !(text[i] == '\r' && text.substr(i + 1, 1) == "\n")) ||
               byte == 0x7F) {
      problems.push_back(
          {lines.position(i), fmt::format("a control character (0x{:02X})", byte), "remove it"});
    }
    utf8proc_int32_t codepoint = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + i),
                                         static_cast<utf8proc_ssize_t>(text.size() - i), &codepoint);
    if (length <= 0) {
      problems.push_back(
          {lines.position(i), fmt::format("byte 0x{:02X} is no UTF-8", byte), "save the file as UTF-8"});
      return problems;
    }
    i += static_cast<std::size_t>(length);
  }
  return problems;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Lines& lines, std::vector<Problem>& problems) : lines_(lines), problems_(problems) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    // The parser takes these words for "nothing"; here they are text as all others.
    constexpr std::array<std::string_view, 4> kWords = {"null", "Null", "NULL", "~"};
    YamlNode node{.at = here(mark)};
    const std::string_view source = lines_.at(mark);
    for (const auto word : kWords) {
      if (!source.starts_with(word)) continue;
      node.kind = YamlNode::Kind::scalar;
      node.text = word;
    }
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.push_back({here(mark), "an alias: what stands here would have to be looked up elsewhere",
                         "write the value out"});
    add(YamlNode{.at = here(mark), .kind = YamlNode::Kind::scalar});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    add(YamlNode{.at = here(mark), .kind = YamlNode::Kind::scalar, .text = value});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map that is being read; in a map, `key` waits for its value.
  struct Open {
    YamlNode node;
    bool has_key = false;
    YamlEntry key{};
    std::map<std::string, int> seen{};  // each key and its line
  };

  [[nodiscard]] Position here(const YAML::Mark& mark) { return lines_.position(mark.line, mark.column); }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      problems_.push_back({here(mark),
                           "an anchor: this format has none, so that each value stands where it is used",
                           "remove the &name and write the value out where it is needed"});
  }

  // The parser hands "?" for plain and "!" for quoted text without a tag.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      problems_.push_back({here(mark), fmt::format("the tag {}: a value's type follows from its key", tag),
                           "remove the tag"});
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() >= kDepthMax)
      stop(here(mark), fmt::format("more than {} levels inside each other", kDepthMax));
    open_.push_back(Open{.node = {.at = here(mark), .kind = kind}});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  [[noreturn]] void stop(Position at, std::string what) {
    problems_.push_back({at, std::move(what), "split the file, or look whether it is the right one"});
    throw Stopped{};
  }

  void add(YamlNode node) {
    if (++values_ > kValuesMax) stop(node.at, fmt::format("more than {} values in one file", kValuesMax));
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (Open& parent = open_.back(); parent.node.kind == YamlNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      begin_entry(parent, node);
    } else {
      end_entry(parent, std::move(node));
    }
  }

  void begin_entry(Open& map, const YamlNode& key) {
    map.has_key = true;
    if (key.kind != YamlNode::Kind::scalar)
      problems_.push_back({key.at, "this key is no text", "write a name before the colon"});
    map.key = YamlEntry{.at = key.at, .key = key.text, .value = {}};
  }

  void end_entry(Open& map, YamlNode value) {
    map.has_key = false;
    const auto [first, fresh] = map.seen.emplace(map.key.key, map.key.at.line);
    if (!fresh) {
      problems_.push_back({map.key.at,
                           fmt::format("'{}' is written twice, first in line {}", map.key.key, first->second),
                           "keep one of the two"});
      return;
    }
    map.key.value = std::move(value);
    map.node.entries.push_back(std::move(map.key));
  }

  Lines& lines_;
  std::vector<Problem>& problems_;
  YamlNode root_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
};

}  // namespace

std::expected<YamlNode, std::vector<Problem>> parse_yaml(std::string_view text) {
  std::vector<Problem> problems;
  if (text.size() > kFileBytesMax) {
    problems.push_back(
        {{},
         fmt::format("{} MiB is more than a file may have ({} MiB)", text.size() >> 20, kFileBytesMax >> 20),
         "split it into several files, or look whether it is the right one"});
    return std::unexpected(std::move(problems));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // the mark that some editors put before UTF-8
  Lines lines(text);
  problems = refused_bytes(text, lines);
  if (!problems.empty()) return std::unexpected(std::move(problems));

  TreeBuilder builder(lines, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      problems.push_back({{}, "the file is empty", "start it with `api: causeway/v1` and `kind: …`"});
      return std::unexpected(std::move(problems));
    }
    TreeBuilder ignored(lines, problems);
    if (parser && parser.HandleNextDocument(ignored))
      problems.push_back(
          {ignored.take().at, "a second document in one file", "put it into a file of its own"});
  } catch (const Stopped&) {
    return std::unexpected(std::move(problems));
  } catch (const YAML::Exception& error) {
    problems.push_back({lines.position(error.mark.line, error.mark.column),
                        fmt::format("this is no YAML: {}", error.msg),
                        "look at the indentation, quotes and brackets before it"});
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return builder.take();
}

}  // namespace causeway::config
