// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// --device: refused in one line where the device is missing, by every command that runs a net; and what the
// emulator computes through the whole command.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kernels/accelerator.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

std::vector<kernels::AcceleratorInfo> found(kernels::DeviceKind kind) {
    std::string why;
    return kernels::accelerators(kind, &why);
}

/// Arguments of every command that runs a net, but for the device.
std::vector<std::vector<std::string>> commands(const TrainingFolder& folder) {
    const std::string model = folder.file("net.safetensors"), photo = folder.file("grey.png");
    write_grey(photo, 100);
    return {{"inspect", model},
            {"score", "--model", model, photo},
            {"classify", "--model", model, photo},
            folder.train("out", 2),
            {"test", "--model", model, "--data", folder.file("val.txt")},
            {"check", "--model", model, "--impl", "cuda", "--against", "eigen"},
            {"time", "--model", model}};
}

void expect_refusal(std::vector<std::string> arguments, const std::string& device) {
    const std::string numbered = device.find(':') == std::string::npos ? device + ":0" : device;
    arguments.insert(arguments.end(), {"--device", device});
    const Outcome outcome = run_emulsion(arguments);
    EXPECT_EQ(outcome.exit_code, 3) << arguments[0] << ": " << outcome.err;
    EXPECT_TRUE(outcome.out.empty()) << outcome.out;
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("emulsion: there is no " + numbered + ": ", 0), 0U) << outcome.err;
}

TEST(Device, AMissingOneIsRefusedInOneLineByEveryCommand) {
    const std::size_t cards = found(kernels::DeviceKind::cuda).size();
    const TrainingFolder folder(4);
    for (const auto& arguments : commands(folder)) {
        if (cards == 0) expect_refusal(arguments, "cuda");
        expect_refusal(arguments, "cuda:" + std::to_string(cards + 1));
        expect_refusal(arguments, "emulated:1");
    }
}

TEST(Device, ListedWithWhatIsKnownOfThemOrWhyThereIsNone) {
    const std::string text = run_emulsion({"devices"}).out;
    const json devices = json::parse(run_emulsion({"devices", "--json"}).out)["devices"];
    EXPECT_FALSE(devices[0].contains("found"));
    for (std::size_t i = 1; i < devices.size(); ++i) {
        const json& device = devices[i];
        const auto kind = i == 1 ? kernels::DeviceKind::cuda : kernels::DeviceKind::emulated;
        ASSERT_EQ(device["name"], kernels::name(kind));
        const auto expected = found(kind);
        ASSERT_EQ(device["found"].size(), expected.size());
        EXPECT_EQ(device.contains("why_none"), expected.empty());
        if (expected.empty()) {
            const std::string why = device["why_none"];
            EXPECT_FALSE(why.empty());
            EXPECT_NE(text.find(std::string("no ") + kernels::name(kind) + " device: " + why),
                      std::string::npos)
                << text;
        }
        for (std::size_t j = 0; j < expected.size(); ++j) {
            EXPECT_EQ(device["found"][j]["name"], expected[j].name);
            EXPECT_GT(device["found"][j]["memory"].get<std::size_t>(), 0U);
            EXPECT_NE(text.find(expected[j].name), std::string::npos) << text;
        }
    }
}

TEST(Device, AnImplementationOfAnotherIsRefusedInOneLine) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"inspect", "photo-mini", "--impl", "cuda"},
          {"inspect", "photo-mini", "--impl", "eigen", "--device", "emulated"},
          {"check", "--model", "photo-mini", "--impl", "cuda", "--against", "eigen"}}) {
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find("does not run on device"), std::string::npos) << outcome.err;
    }
}

/// Words in one line on stderr, and nothing printed.
void expect_line(const Outcome& outcome, int exit_code, const std::vector<std::string>& words) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_TRUE(outcome.out.empty()) << outcome.out;
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    for (const std::string& word : words) EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
}

kernels::Component component(const std::string& folder) {
    return folder == "cudnn" ? kernels::cudnn_component() : kernels::cublas_component();
}

/// Whether kernels/FOLDER is in the command: if it is not, nothing was opened to find out.
bool is_built(const std::string& folder) {
    for (const auto& each : kernels::implementations(kernels::OpKind::fc_forward))
        if (each.name == folder) return true;
    for (const auto& each : kernels::implementations(kernels::OpKind::conv_forward))
        if (each.name == folder) return true;
    return false;
}

TEST(Libraries, OneThatIsNotThereIsRefusedInOneLineByEveryCommand) {
    const TrainingFolder folder(4);
    std::vector<std::vector<std::string>> all = commands(folder);
    all.push_back({"devices"});
    for (const std::string library : {"cudnn", "cublas"})
        for (std::vector<std::string> arguments : all) {
            if (arguments[0] == "check") arguments[4] = "eigen";
            arguments.insert(arguments.end(), {"--" + library, folder.file("nothing.so")});
            const char* const why = is_built(library) ? "there is no" : "this program was built without CUDA";
            expect_line(run_emulsion(arguments), 3, {library, "nothing.so", why});
        }
}

TEST(Libraries, OneThatIsNoLibraryIsRefusedInOneLine) {
    const TrainingFolder folder(4);
    write_text(folder.file("libcudnn.so.9"), "not a library");
    for (const std::string& path : {folder.file("libcudnn.so.9"), folder.file("")})
        expect_line(run_emulsion({"devices", "--cudnn", path}), 3, {"cudnn", path});
}

TEST(Libraries, AreListedWithVersionAndFileOrWhyTheyAreAbsent) {
    const std::string text = run_emulsion({"devices"}).out;
    const json components = json::parse(run_emulsion({"devices", "--json"}).out)["components"];
    for (const std::string folder : {"cudnn", "cublas"}) {
        const kernels::Component expected = component(folder);
        const auto found = std::find_if(components.begin(), components.end(),
                                        [&](const json& each) { return each["name"] == expected.name; });
        ASSERT_NE(found, components.end()) << folder;
        EXPECT_EQ((*found)["present"], expected.present);
        EXPECT_EQ((*found)["version"], expected.version);
        EXPECT_EQ(found->value("file", ""), expected.file);
        EXPECT_EQ(expected.file.empty(), !expected.present) << folder;
        const std::size_t line = text.find("\n" + expected.name);
        ASSERT_NE(line, std::string::npos) << text;
        EXPECT_LT(text.find(expected.version, line), text.find('\n', line + 1)) << text;
    }
}

TEST(Libraries, AForcedFolderThatWasNotBuiltIsRefusedWithTheReason) {
    for (const char* const name : {"cudnn", "cublas:gemm"})
        for (const bool strict : {false, true}) {
            const std::string folder = std::string(name).substr(0, std::string(name).find(':'));
            if (is_built(folder)) continue;
            std::vector<std::string> arguments = {"inspect", "photo-mini", "--impl",
                                                  "conv_forward=" + std::string(name)};
            if (strict) arguments.emplace_back("--strict");
            expect_line(run_emulsion(arguments), 3,
                        {"no implementation of conv_forward called " + std::string(name) + " was built in",
                         "this program was built without CUDA", "eigen"});
        }
    const Outcome abacus = run_emulsion({"inspect", "photo-mini", "--impl", "abacus"});
    EXPECT_EQ(abacus.err.find("built without"), std::string::npos) << abacus.err;
}

TEST(Precision, OneThatTheDeviceLacksIsRefusedInOneLine) {
    const std::vector<std::string> inspect = {"inspect", "photo-mini"},
                                   time = {"time", "--model", "photo-mini"};
    for (const auto& command : {inspect, time})
        for (const char* const precision : {"tf32", "bf16"}) {
            std::vector<std::string> arguments = command;
            arguments.insert(arguments.end(), {"--device", "emulated", "--precision", precision});
            expect_line(run_emulsion(arguments), 3,
                        {std::string("nothing on emulated multiplies in ") + precision});
        }
    expect_line(run_emulsion({"inspect", "photo-mini", "--precision", "tf32"}), 3,
                {"nothing on cpu multiplies in tf32"});
    expect_line(run_emulsion({"inspect", "photo-mini", "--precision", "3xtf32"}), 2, {"--precision", "tf32"});
}

/// The emulator is slow: nets of a few thousand operations a photo, and few photos.
class EmulatedDevice : public testing::Test {
   protected:
    EmulatedDevice() : folder_(4) { write_grey(folder_.file("grey.png"), 100); }

    /// What a command prints as JSON.
    static json result(std::vector<std::string> arguments) {
        arguments.emplace_back("--json");
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
        EXPECT_EQ(outcome.err, "");
        return json::parse(outcome.out);
    }
    std::string model() const { return folder_.file("net.safetensors"); }

    TrainingFolder folder_;
};

TEST_F(EmulatedDevice, IsCheckedAgainstTheCpu) {
    for (const bool train : {false, true}) {
        std::vector<std::string> arguments = {"check",    "--model", model(), "--device",
                                              "emulated", "--impl",  "cuda",  "--against",
                                              "eigen",    "--batch", "3",     "--strict"};
        if (train) arguments.emplace_back("--train");
        const json checked = result(arguments);
        EXPECT_EQ(checked["inside"], true) << checked;
        EXPECT_EQ(checked["device"], "emulated");
        EXPECT_EQ(checked["against_device"], "cpu");
        for (const json& row : checked["values"]) {
            EXPECT_EQ(row["tested"], "cuda") << row;
            EXPECT_EQ(row["against"], "eigen") << row;
        }
        EXPECT_EQ(checked["gradients"].size(), train ? 4U : 0U);
    }
    const json same = result({"check", "--model", model(), "--device", "emulated", "--impl", "cuda",
                              "--against", "cuda", "--against-device", "emulated", "--batch", "1"});
    EXPECT_EQ(same["against_device"], "emulated");
    for (const json& row : same["values"]) EXPECT_EQ(row["largest_error"], 0) << row;
}

TEST_F(EmulatedDevice, ScoresTestsAndTimesAsTheCpuDoes) {
    const std::vector<std::string> score = {"score", "--model", model(), folder_.file("grey.png")};
    std::vector<std::string> there = score;
    there.insert(there.end(), {"--device", "emulated"});
    EXPECT_NEAR(result(there)["photos"][0]["score"].get<double>(),
                result(score)["photos"][0]["score"].get<double>(), 1e-3);

    const json tested =
        result({"test", "--model", model(), "--data", folder_.file("val.txt"), "--device", "emulated"});
    EXPECT_NEAR(tested["loss"].get<double>(),
                result({"test", "--model", model(), "--data", folder_.file("val.txt")})["loss"].get<double>(),
                1e-5);

    for (const bool train : {false, true}) {
        std::vector<std::string> time = {"time", "--model", model(), "--device", "emulated", "--runs", "1"};
        if (train) time.emplace_back("--train");
        const json timed = result(time);
        EXPECT_EQ(timed["device"], "emulated");
        EXPECT_FALSE(timed.contains("machine")) << "the CPU's limits say nothing of another device";
        for (const json& step : timed["steps"]) {
            EXPECT_TRUE(step["implementation"] == "cuda" || step["layer"] == "weights") << step;
            EXPECT_FALSE(step.contains("part_of_roof"));
        }
    }
}

TEST_F(EmulatedDevice, IsPlannedForWithItsMemoryBeside) {
    const json plan = result({"inspect", model(), "--device", "emulated", "--train", "--limit", "64MiB"});
    EXPECT_EQ(plan["device"]["name"], found(kernels::DeviceKind::emulated).at(0).name);
    EXPECT_GT(plan["device"]["memory"].get<std::size_t>(), plan["memory"]["total"].get<std::size_t>());
    EXPECT_GT(plan["largest_batch"].get<int>(), 1);
    EXPECT_FALSE(result({"inspect", model()}).contains("device"));
}

TEST_F(EmulatedDevice, TrainsAndResumesAndWarnsElsewhere) {
    const auto train = [&](const std::string& out, std::vector<std::string> more) {
        more.insert(more.end(), {"--snapshot-interval", "2", "--val-interval", "4"});
        return run_emulsion(folder_.train(out, 4, more));
    };
    const Outcome whole = train("there", {"--device", "emulated"});
    ASSERT_EQ(whole.exit_code, 0) << whole.err;
    const Outcome again = train("there", {"--device", "emulated", "--resume"});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(again.err.find("made on"), std::string::npos) << again.err;
    const Outcome elsewhere = train("there", {"--resume"});
    EXPECT_NE(elsewhere.err.find("made on emulated"), std::string::npos) << elsewhere.err;
}

}  // namespace
}  // namespace emulsion::test
