// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Reading Caffe's messages so that nothing is dropped in silence: what a reader asks for is noted, and
// what nobody asked for by the end is listed as ignored.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/formats/message.h"

namespace emulsion::formats::caffe {

/// One file being read: its name for errors, and what has been read of it.
class Reading {
   public:
    explicit Reading(std::string path) : path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    std::vector<std::string>& ignored() { return ignored_; }

    /// Lists "WHAT, line N", once. A broken file may have a million: the list ends with the news that there
    /// is more.
    void ignore(const std::string& what, int line);
    /// Lists the fields of a message that were not asked for, each under `prefix` and its name. Repeated
    /// messages are left to those who read them.
    void ignore_unread(const Message&, const std::string& prefix);

    /// Error(data) "PATH:LINE: what", in one line whatever the names in the file hold.
    [[noreturn]] void fail(int line, const std::string& what) const;
    /// Error(data) that names the first unknown field, if there is one.
    void refuse(const Unknown&) const;

   private:
    friend class Fields;
    std::string path_;
    std::set<std::pair<const Message*, const FieldType*>> read_;
    std::vector<std::string> ignored_;
    std::set<std::string> listed_;
};

/// A message, or one that is absent and has only defaults. Whatever is asked for counts as read. Fields that
/// its type does not have are absent: the two syntaxes of layers share most of theirs.
class Fields {
   public:
    Fields(Reading& reading, const Message& message) : Fields(reading, &message, message.line) {}

    bool present() const { return message_ != nullptr; }
    const Message* message() const { return message_; }
    int line() const { return line_; }
    int line(const char* field) const;  ///< of its last value; the message's if it is absent

    bool has(const char* field) const;
    std::int64_t integer(const char* field, std::int64_t fallback) const;
    double real(const char* field, double fallback) const;
    bool flag(const char* field, bool fallback) const;
    std::string text(const char* field, const char* fallback = "") const;
    std::string choice(const char* field, const char* fallback) const;
    std::vector<std::int64_t> integers(const char* field) const;
    std::vector<double> reals(const char* field) const;
    std::vector<std::string> texts(const char* field) const;
    Fields within(const char* field) const;
    std::vector<Fields> each(const char* field) const;

    /// Error(data) at the field's line.
    [[noreturn]] void fail(const char* field, const std::string& what) const;
    Reading& reading() const { return *reading_; }

   private:
    Fields(Reading& reading, const Message* message, int line)
        : reading_(&reading), message_(message), line_(line) {}
    const FieldType* type_of(const char* field) const;

    Reading* reading_;
    const Message* message_;
    int line_;
};

/// Whether a file that was read as another type, which knows none of its fields, begins with one of this.
bool is_of_type(const MessageType&, const Message& read, const Unknown&);

/// Whether a path that a file names leads anywhere; one that is too long, or goes where nobody may look,
/// leads nowhere.
bool is_there(const std::string& path);

/// A path that a file names: as Caffe takes it, from the working directory; if nothing is there, from the
/// folder of the file that names it or one above, as the files of a project are written to be run from its
/// root. As it stands if it is in none of these places.
std::string resolve(const std::string& path, const std::string& named_in);

}  // namespace emulsion::formats::caffe
