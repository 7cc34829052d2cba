// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <emulsion/import.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "engine/formats/readers.h"
#include "layers/import/dialect.h"
#include "layers/import/match.h"
#include "layers/import/sniff.h"
#include "layers/import/structure.h"

namespace emulsion {
namespace {

using formats::Imported;

bool is_net_name(const std::string& text) {
    const std::vector<std::string> names = net_names();
    return std::ranges::find(names, text) != names.end();
}

// A word that is a net's name means that net; ./NAME is a file.
std::optional<Imported> read_net(const std::string& path_or_name) {
    if (path_or_name.empty()) return std::nullopt;
    Imported imported;
    if (is_net_name(path_or_name)) {
        imported.net = compose(path_or_name);
        imported.preprocessing_known = true;
        return imported;
    }
    switch (sniff(path_or_name)) {
        case FileFormat::prototxt:
            return formats::read_prototxt(path_or_name);
        case FileFormat::caffemodel:
            return formats::read_caffemodel(path_or_name);
        case FileFormat::onnx:
            return formats::read_onnx(path_or_name);
        case FileFormat::native:
            imported.net = load(path_or_name)->net();
            imported.preprocessing_known = true;
            return imported;
        default:
            throw Error(Error::Kind::data, path_or_name +
                                               ": it holds weights but no net; name the net, or a "
                                               ".prototxt, .onnx or model file that holds it");
    }
}

Imported read_weights(const std::string& path, FileFormat format, const NetDef* net) {
    switch (format) {
        case FileFormat::caffemodel:
            return formats::read_caffemodel(path);
        case FileFormat::onnx:
            return formats::read_onnx(path);
        case FileFormat::torch:
            return formats::read_torch(path);
        case FileFormat::state_dict:
            return formats::read_state_dict(path);
        case FileFormat::deep_compression:
            if (net == nullptr)
                throw Error(Error::Kind::data,
                            path + ": Deep Compression's files hold no net; name it, or its .prototxt");
            return formats::read_deep_compression(path, *net);
        default:
            throw Error(Error::Kind::data,
                        path + ": it holds a net but no weights; name a file of weights too");
    }
}

// torch's names to Emulsion's. A prefix that all tensors share ("module.", as of a wrapped net) goes.
void rename(std::vector<formats::ForeignTensor>& tensors) {
    const std::string prefix = "module.";
    const bool wrapped = std::ranges::all_of(
        tensors, [&](const formats::ForeignTensor& tensor) { return tensor.name.starts_with(prefix); });
    for (formats::ForeignTensor& tensor : tensors) {
        if (wrapped) tensor.name.erase(0, prefix.size());
        tensor.name = plain_name(tensor.name);
    }
}

// A model as any other file of weights.
Imported weights_of(const std::shared_ptr<const Model>& model) {
    Imported imported;
    imported.format = name(FileFormat::native);
    imported.net = model->net();
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const Parameter& p = model->parameters()[i];
        imported.tensors.push_back({p.name, p.shape, model->weights(i), model, p.name});
    }
    return imported;
}

// As start_from says; `from` names the weights in errors.
std::shared_ptr<const Model> take_what_fits(Imported weights, const NetDef& net, ImportOptions options,
                                            const std::string& from, ImportReport* report) {
    ImportReport done;
    done.format = weights.format;
    done.ignored = weights.ignored;
    if (weights.net) {
        done.dialect = dialect_of(*weights.net);
        const std::string difference = difference_between(*weights.net, net);
        if (!difference.empty()) done.notes.push_back(from + " is of another net: " + difference);
    }
    options.allow_missing = true;
    auto model = match(net, weights.tensors, options, from, done);
    if (report != nullptr) *report = std::move(done);
    return model;
}

// The net that the tensors go into: the one asked for, the file's own, or the one whose tensors they are.
Imported choose_net(std::optional<Imported> asked, const Imported& weights, const std::string& path,
                    ImportReport& report) {
    if (asked) return *std::move(asked);
    if (weights.net) {
        Imported own;
        own.net = weights.net;
        own.preprocessing_known = weights.preprocessing_known;
        return own;
    }
    const Dialect* dialect = find_dialect(weights.tensors);
    if (dialect == nullptr)
        throw Error(Error::Kind::data,
                    path + ": its tensors are of no net that Emulsion knows, or of several: name the net");
    report.notes.push_back(std::string("by its tensors this is ") + dialect->title);
    Imported known;
    known.net = compose(dialect->net);
    known.preprocessing_known = true;
    return known;
}

// Scores are probabilities: a net that ends in bare sums gets the softmax that its files leave to programs.
void close_with_softmax(NetDef& net, ImportReport& report) {
    if (net.layers.empty()) return;
    const LayerDef& last = net.layers.back();
    if (last.type == "softmax" || last.type == "softmax_loss") return;
    net.layers.push_back({.name = "prob",
                          .type = "softmax",
                          .inputs = {last.outputs.at(0)},
                          .outputs = {"prob"},
                          .attributes = {},
                          .params = {}});
    report.notes.push_back("a softmax was added at the end");
}

// What the files do not say of preparing photos is taken from the net of that structure, or assumed aloud.
void complete_preprocessing(Imported& imported, const Dialect* dialect, ImportReport& report) {
    if (imported.preprocessing_known) return;
    NetDef& net = *imported.net;
    if (dialect != nullptr) {
        net.preprocessing = compose(dialect->net).preprocessing;
        report.notes.push_back(std::string("photos are prepared as for ") + dialect->title);
        return;
    }
    Preprocessing& photos = net.preprocessing;
    photos.crop_height = static_cast<int>(net.height);
    photos.crop_width = static_cast<int>(net.width);
    photos.height = std::max(photos.height, photos.crop_height);
    photos.width = std::max(photos.width, photos.crop_width);
    photos.mean = {104, 117, 123};
    report.notes.push_back(
        "the files do not say how photos are prepared; assumed as for Caffe's ImageNet nets: "
        "squashed, BGR, less 104, 117, 123");
}

void take_mean(NetDef& net, const std::string& path) {
    if (path.empty()) return;
    formats::MeanImage mean =
        path.ends_with(".npy") ? formats::read_npy(path) : formats::read_binaryproto(path);
    Preprocessing& photos = net.preprocessing;
    if (mean.channels != 3 || mean.height != photos.height || mean.width != photos.width)
        throw Error(Error::Kind::data, path + ": a mean image of " + std::to_string(mean.channels) + "x" +
                                           std::to_string(mean.height) + "x" + std::to_string(mean.width) +
                                           " for photos of 3x" + std::to_string(photos.height) + "x" +
                                           std::to_string(photos.width));
    photos.mean = {0, 0, 0};
    photos.mean_image = std::move(mean.values);
}

void refuse_other_structure(const Imported& weights, const NetDef& net, const std::string& path) {
    if (!weights.net) return;
    const std::string difference = difference_between(*weights.net, net);
    if (difference.empty()) return;
    const std::string theirs = dialect_of(*weights.net), ours = dialect_of(net);
    throw Error(Error::Kind::data, path + ": its weights are of another net" +
                                       (theirs.empty() ? "" : " (" + theirs + ")") + " than " +
                                       (ours.empty() ? net.name : ours) + ": " + difference);
}

std::map<std::string, std::string> provenance_of(const std::string& net_from, const std::string& weights_from,
                                                 const ImportReport& report) {
    std::map<std::string, std::string> provenance = {
        {"imported_from", std::filesystem::path(weights_from).filename().string()},
        {"imported_format", report.format}};
    if (!net_from.empty()) provenance["imported_net"] = std::filesystem::path(net_from).filename().string();
    if (!report.dialect.empty()) provenance["dialect"] = report.dialect;
    return provenance;
}

// The same weights under another definition.
std::shared_ptr<const Model> with_net(const std::shared_ptr<const Model>& model, NetDef net,
                                      std::map<std::string, std::string> provenance) {
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < model->parameters().size(); ++i) weights.push_back(model->weights(i));
    return std::make_shared<Model>(std::move(net), model->factory(), std::move(weights), model,
                                   std::move(provenance));
}

// A native file holds its net; only the mean can be changed.
std::shared_ptr<const Model> open_native(const std::string& path, const ImportOptions& options,
                                         ImportReport* report) {
    if (!options.net.empty())
        throw Error(Error::Kind::usage, path + ": a model of Emulsion's holds its own net; name no other");
    auto model = load(path);
    if (!options.mean.empty()) {
        NetDef net = model->net();
        take_mean(net, options.mean);
        model = with_net(model, std::move(net), model->provenance());
    }
    if (report != nullptr) {
        *report = {};
        report->format = name(FileFormat::native);
        report->dialect = dialect_of(model->net());
    }
    return model;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

std::shared_ptr<const Model> open_any(const std::string& path, const ImportOptions& options,
                                      ImportReport* report) {
    ImportReport done;
    const FileFormat format = sniff(path);
    done.format = name(format);
    if (format == FileFormat::native) return open_native(path, options, report);
    std::optional<Imported> asked = read_net(options.net);
    Imported weights = read_weights(path, format, asked ? &*asked->net : nullptr);
    rename(weights.tensors);
    Imported chosen = choose_net(std::move(asked), weights, path, done);
    append(done.ignored, chosen.ignored);
    append(done.ignored, weights.ignored);

    NetDef& net = *chosen.net;
    close_with_softmax(net, done);
    const Dialect* dialect = find_dialect(net);
    if (dialect != nullptr) done.dialect = dialect->title;
    complete_preprocessing(chosen, dialect, done);
    take_mean(net, options.mean);
    if (!options.allow_missing) refuse_other_structure(weights, net, path);
    const auto model = match(net, weights.tensors, options, path, done);
    auto result = with_net(model, net, provenance_of(options.net, path, done));
    if (report != nullptr) *report = std::move(done);
    return result;
}

}  // namespace

std::shared_ptr<const Model> import_model(const std::string& path, const ImportOptions& options,
                                          ImportReport* report) {
    try {
        return open_any(path, options, report);
    } catch (const Error& e) {
        // A message is one line, whatever the names in the files hold.
        std::string line = e.what();
        std::ranges::replace_if(
            line, [](unsigned char c) { return c < ' '; }, ' ');
        throw Error(e.kind(), line);
    }
}

std::shared_ptr<const Model> start_from(const std::string& path, const NetDef& net,
                                        const ImportOptions& options, ImportReport* report) {
    const FileFormat format = sniff(path);
    if (format == FileFormat::native)
        return take_what_fits(weights_of(load(path)), net, options, path, report);
    Imported weights = read_weights(path, format, &net);
    rename(weights.tensors);
    return take_what_fits(std::move(weights), net, options, path, report);
}

std::shared_ptr<const Model> start_from(const std::shared_ptr<const Model>& model, const NetDef& net,
                                        const ImportOptions& options, ImportReport* report) {
    return take_what_fits(weights_of(model), net, options, "model " + model->net().name, report);
}

NetDef import_net(const std::string& path_or_name, ImportReport* report) {
    ImportReport done;
    Imported imported = *read_net(path_or_name);
    done.ignored = imported.ignored;
    close_with_softmax(*imported.net, done);
    complete_preprocessing(imported, find_dialect(*imported.net), done);
    if (report != nullptr) *report = std::move(done);
    return *imported.net;
}

}  // namespace emulsion
