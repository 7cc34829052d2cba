// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The log when nobody reads it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>

#include "apps/serve/request_log.h"

namespace emulsion::test {
namespace {

class Pipe {
   public:
    Pipe() {
        if (pipe(ends_) != 0) throw std::runtime_error("no pipe");
        fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    }
    ~Pipe() {
        close(ends_[0]);
        close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int in() const { return ends_[1]; }
    /// All that lies in it.
    std::string read() const {
        std::string all;
        char bytes[4096];
        for (ssize_t n = 0; (n = ::read(ends_[0], bytes, sizeof bytes)) > 0;)
            all.append(bytes, static_cast<std::size_t>(n));
        return all;
    }

   private:
    int ends_[2];
};

TEST(LogWriter, NeverWaitsAndTellsHowManyLinesWereLost) {
    const Pipe pipe;
    serve::LogWriter log(pipe.in());
    constexpr std::size_t lines = 20'000;
    const std::string line(99, 'x');
    for (std::size_t i = 0; i < lines; ++i) log.write(line);
    const std::string first = pipe.read();
    const std::size_t kept = first.size() / 100;
    EXPECT_EQ(first.size() % 100, 0U) << "no line is cut";
    EXPECT_GT(kept, 100U);
    ASSERT_LT(kept, lines);
    log.write("the next");
    log.write("and one more");
    const std::string then = pipe.read();
    EXPECT_NE(then.find("\"detail\":\"" + std::to_string(lines - kept) + " lines of the log were lost"),
              std::string::npos)
        << then;
    EXPECT_TRUE(then.ends_with("}\nthe next\nand one more\n")) << then;
}

TEST(LogWriter, EveryLineHasRoomInAPipe) {
    const std::string wild(16'384, '\x01');
    const std::string request =
        serve::log_line({std::string(64, 'i'), "2001:db8::1", wild, "/v1/score", "cause", 400, 1, 1, 1.0});
    const std::string event = serve::log_event("failed", wild);
    for (const std::string& line : {request, event}) {
        EXPECT_LT(line.size(), std::size_t{PIPE_BUF});
        EXPECT_TRUE(line.ends_with("}"));
    }
}

}  // namespace
}  // namespace emulsion::test
