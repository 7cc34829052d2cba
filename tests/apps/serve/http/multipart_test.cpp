// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/multipart.h"

#include <gtest/gtest.h>

#include "apps/serve/http_types.h"

namespace emulsion::serve {
namespace {

constexpr std::size_t most = 4;

int status_of(const std::string& body, const std::string& boundary = "b") {
    try {
        parse_form(body, boundary, most);
        return 200;
    } catch (const Refusal& refusal) {
        return refusal.status;
    }
}

std::string part(const std::string& disposition, const std::string& content, const std::string& fields = "") {
    return "--b\r\nContent-Disposition: " + disposition + "\r\n" + fields + "\r\n" + content + "\r\n";
}

Part only(const std::string& disposition) {
    return parse_form(part(disposition, "x") + "--b--\r\n", "b", most).at(0);
}

TEST(Multipart, ReadsPartsInOrder) {
    const std::string body =
        part("form-data; name=\"photo\"; filename=\"a b.jpg\"", "ONE", "Content-Type: image/jpeg\r\n") +
        part("form-data; name=second", "") + "--b--\r\n";
    const auto parts = parse_form(body, "b", most);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].field, "photo");
    EXPECT_EQ(parts[0].filename, "a b.jpg");
    EXPECT_EQ(parts[0].type, "image/jpeg");
    EXPECT_EQ(parts[0].content, "ONE");
    EXPECT_EQ(parts[1].field, "second");
    EXPECT_FALSE(parts[1].filename.has_value());
    EXPECT_EQ(parts[1].content, "");
}

TEST(Multipart, KeepsContentThatLooksLikeABoundary) {
    const std::string content("\r\n--a\r\n-b--b\r\n--\0\r\n\r\n--", 23);
    const std::string body = part("form-data; name=x", content) + "--b--";
    const auto parts = parse_form(body, "b", most);
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].content, content);
}

TEST(Multipart, ReadsQuotedNamesAsBrowsersAndCurlWriteThem) {
    EXPECT_EQ(only(R"(form-data; name="x"; filename="a\"b\c;d=e.jpg")").filename, R"(a"b\c;d=e.jpg)");
    EXPECT_EQ(only(R"(form-data; name="x"; filename="C:\photos\a.jpg")").filename, R"(C:\photos\a.jpg)");
    EXPECT_EQ(only(R"(form-data; name="x"; filename="a%22.jpg")").filename, "a%22.jpg");
    EXPECT_EQ(only(R"(FORM-DATA;NAME=x;FILENAME="")").filename, "");
}

TEST(Multipart, FindsTheBoundary) {
    EXPECT_EQ(form_boundary("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(form_boundary("Multipart/Form-Data;charset=x; Boundary=\"a b\""), "a b");
    EXPECT_EQ(form_boundary("image/jpeg"), std::nullopt);
    EXPECT_EQ(form_boundary(""), std::nullopt);
    for (const char* broken :
         {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-datax",
          "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=a\x01",
          "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary"})
        EXPECT_THROW(form_boundary(broken), Refusal) << broken;
    EXPECT_THROW(form_boundary("multipart/form-data; boundary=" + std::string(71, 'a')), Refusal);
}

TEST(Multipart, RefusesWhatIsBroken) {
    const std::string good = part("form-data; name=x", "y");
    ASSERT_EQ(status_of(good + "--b--\r\n"), 200);
    EXPECT_EQ(status_of(""), 400);
    EXPECT_EQ(status_of("preamble\r\n" + good + "--b--"), 400);
    EXPECT_EQ(status_of(good), 400) << "no last boundary";
    EXPECT_EQ(status_of(good + "--b"), 400);
    EXPECT_EQ(status_of(good + "--b--epilogue"), 400);
    EXPECT_EQ(status_of(good + "--bb--"), 400) << "another boundary that begins alike";
    EXPECT_EQ(status_of("--b\nContent-Disposition: form-data; name=x\n\ny\n--b--"), 400) << "bare line feeds";
    EXPECT_EQ(status_of(part("attachment; name=x", "y") + "--b--"), 400);
    EXPECT_EQ(status_of(part("form-data; filename=x", "y") + "--b--"), 400) << "no name";
    EXPECT_EQ(status_of(part("form-data; name=x; name=y", "y") + "--b--"), 400);
    EXPECT_EQ(status_of(part("form-data; name=\"x", "y") + "--b--"), 400) << "an open quotation mark";
    EXPECT_EQ(status_of("--b\r\nContent-Type: image/png\r\n\r\ny\r\n--b--"), 400) << "no disposition";
    EXPECT_EQ(
        status_of(part("form-data; name=x", "y", "Content-Disposition: form-data; name=z\r\n") + "--b--"),
        400);
    EXPECT_EQ(status_of(part("form-data; name=x", "y", "no field\r\n") + "--b--"), 400);
    EXPECT_EQ(status_of(part("form-data; name=x", "y", "Content-Transfer-Encoding: base64\r\n") + "--b--"),
              400);
    EXPECT_EQ(status_of("--b\r\nX: " + std::string(5000, 'x') + "\r\n\r\ny\r\n--b--"), 400);
}

TEST(Multipart, BoundsTheParts) {
    std::string body;
    for (std::size_t i = 0; i < most; ++i) body += part("form-data; name=x", "y");
    EXPECT_EQ(status_of(body + "--b--"), 200);
    EXPECT_EQ(status_of(body + part("form-data; name=x", "y") + "--b--"), 413);
}

}  // namespace
}  // namespace emulsion::serve
