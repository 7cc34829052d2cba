// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <emulsion/import.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/formats/readers.h"
#include "layers/import/dialect.h"
#include "layers/import/match.h"
#include "layers/import/origin.h"
#include "layers/import/photos.h"
#include "layers/import/sniff.h"
#include "layers/import/structure.h"

namespace emulsion {
namespace {

using formats::Imported;

bool is_net_name(const std::string& text) {
    const std::vector<std::string> names = net_names();
    return std::ranges::find(names, text) != names.end();
}

// Why a file of weights that holds a net, too, was read without it; "" if it holds none.
std::string why_without_net(const Imported& imported) {
    const std::string begin = "its net: ";
    for (const std::string& line : imported.ignored)
        if (line.starts_with(begin)) return line.substr(begin.size());
    return "";
}

Imported read_net_file(const std::string& path) {
    Imported imported;
    switch (sniff(path)) {
        case FileFormat::prototxt:
            return formats::read_prototxt(path);
        case FileFormat::caffemodel:
            return formats::read_caffemodel(path);
        case FileFormat::onnx:
            return formats::read_onnx(path);
        case FileFormat::native:
            imported.net = load(path)->net();
            imported.preprocessing_known = true;
            return imported;
        default:
            return imported;
    }
}

// A word that is a net's name means that net; ./NAME is a file.
Imported read_net(const std::string& path_or_name) {
    if (path_or_name.empty())
        throw Error(Error::Kind::usage, "a net's name, or a file that holds one, is wanted");
    Imported imported;
    if (is_net_name(path_or_name)) {
        imported.net = compose(path_or_name);
        imported.preprocessing_known = true;
        return imported;
    }
    imported = read_net_file(path_or_name);
    if (imported.net) return imported;
    const std::string reason = why_without_net(imported);
    throw Error(
        Error::Kind::data,
        path_or_name + ": " +
            (reason.empty() ? "it holds weights but no net; name the net, or a .prototxt, .onnx or model "
                              "file that holds it"
                            : reason));
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
            return formats::read_deep_compression(path, *net, standard_layers());
        default:
            throw Error(Error::Kind::data,
                        path + ": it is text: a net at most, and no weights; name a file of weights too");
    }
}

// torch's names to the net's, where it has them.
void rename(std::vector<formats::ForeignTensor>& tensors, const NetDef& net) {
    std::set<std::string> wanted;
    for (const Parameter& p : parameters_of(net)) wanted.insert(p.name);
    for (formats::ForeignTensor& tensor : tensors) {
        const std::string plain = plain_name(tensor.name);
        if (!wanted.contains(tensor.name) && wanted.contains(plain)) tensor.name = plain;
    }
}

// A prefix that all tensors share goes: of a net that was wrapped to run on several devices.
void unwrap(std::vector<formats::ForeignTensor>& tensors) {
    const std::string prefix = "module.";
    const bool wrapped = std::ranges::all_of(
        tensors, [&](const formats::ForeignTensor& tensor) { return tensor.name.starts_with(prefix); });
    if (!wrapped) return;
    for (formats::ForeignTensor& tensor : tensors) tensor.name.erase(0, prefix.size());
}

std::string titles(const std::vector<const Dialect*>& dialects) {
    std::string text;
    for (const Dialect* dialect : dialects)
        text += (text.empty() ? "" : " or ") + std::string(dialect->title);
    return text.empty() ? "no net that Emulsion knows" : text;
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
    if (!options.fresh_layer.empty()) {
        std::erase_if(weights.tensors, [&](const formats::ForeignTensor& tensor) {
            return tensor.name.starts_with(options.fresh_layer + ".");
        });
    }
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
        own.format = weights.format;
        own.net = weights.net;
        own.preprocessing_known = weights.preprocessing_known;
        own.missing_mean = weights.missing_mean;
        return own;
    }
    const std::vector<const Dialect*> dialects = find_dialects(weights.tensors);
    const std::string reason = why_without_net(weights);
    if (dialects.size() != 1)
        throw Error(Error::Kind::data, path + ": its tensors are of " + titles(dialects) + ", and " +
                                           (reason.empty() ? "it holds no net" : "its net: " + reason) +
                                           ": name the net (--net)");
    report.notes.push_back(std::string("by its tensors this is ") + dialects[0]->title);
    Imported known;
    known.net = compose(dialects[0]->net);
    known.preprocessing_known = true;
    return known;
}

// The readers know formats; what a layer can do, the layers know.
void require_sound(const NetDef& net, const std::string& where) {
    try {
        parameters_of(net);
    } catch (const Error& error) {
        throw Error(error.kind(), where + ": " + error.what());
    }
}

// Scores are probabilities: a net that ends in bare sums gets the softmax that its files leave to programs.
void close_with_softmax(NetDef& net, ImportReport& report) {
    if (net.layers.empty()) return;
    const LayerDef& last = net.layers.back();
    if (last.type == "softmax" || last.type == "softmax_loss") return;
    std::string name = "prob";
    const auto has_it = [&](const LayerDef& layer) {
        return layer.name == name || std::ranges::find(layer.outputs, name) != layer.outputs.end();
    };
    while (std::ranges::any_of(net.layers, has_it)) name += "_";
    net.layers.push_back({.name = name,
                          .type = "softmax",
                          .inputs = {last.outputs.at(0)},
                          .outputs = {name},
                          .attributes = {},
                          .params = {}});
    report.notes.push_back("a softmax was added at the end");
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

// The same weights under another definition.
std::shared_ptr<const Model> with_net(const std::shared_ptr<const Model>& model, NetDef net,
                                      std::map<std::string, std::string> provenance) {
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < model->parameters().size(); ++i) weights.push_back(model->weights(i));
    return std::make_shared<Model>(std::move(net), model->factory(), std::move(weights), model,
                                   std::move(provenance));
}

// Of a net without a word on photos, what the weights' file says counts: Caffe saves the net that it trained,
// often with the name of a mean image that stayed behind. Answers whether the file says everything.
bool take_preprocessing(Imported& chosen, const Imported& weights) {
    const bool says = weights.preprocessing_known || !weights.missing_mean.empty();
    if (chosen.preprocessing_known || !chosen.missing_mean.empty() || !says || !weights.net) return false;
    NetDef& net = *chosen.net;
    if (weights.net->height != net.height || weights.net->width != net.width) return false;
    net.preprocessing = weights.net->preprocessing;
    chosen.preprocessing_known = weights.preprocessing_known;
    chosen.missing_mean = weights.missing_mean;
    return chosen.preprocessing_known;
}

void prepare_photos(Imported& chosen, const Imported& weights, const std::string& mean,
                    const Dialect* dialect, ImportReport& report) {
    const bool weights_say = take_preprocessing(chosen, weights);
    complete_preprocessing(chosen, dialect, mean, report);
    if (weights_say)
        report.notes.push_back("photos are prepared as the weights' file says: " +
                               describe(chosen.net->preprocessing));
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
    std::optional<Imported> asked;
    if (!options.net.empty()) asked = read_net(options.net);
    Imported weights = read_weights(path, format, asked ? &*asked->net : nullptr);
    unwrap(weights.tensors);
    Imported chosen = choose_net(std::move(asked), weights, path, done);
    append(done.ignored, chosen.ignored);
    append(done.ignored, weights.ignored);

    NetDef& net = *chosen.net;
    close_with_softmax(net, done);
    const Dialect* dialect = find_dialect(net);
    if (dialect != nullptr) done.dialect = dialect->title;
    prepare_photos(chosen, weights, options.mean, dialect, done);
    require_sound(net, options.net.empty() ? path : options.net);
    rename(weights.tensors, net);
    if (!options.allow_missing) refuse_other_structure(weights, net, path);
    const auto model = match(net, weights.tensors, options, path, done);
    auto result = with_net(model, net, origin_of(path, options, done, weights.provenance));
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
    const NetDef own = options.net.empty() ? net : import_net(options.net);
    Imported weights = read_weights(path, format, &own);
    unwrap(weights.tensors);
    rename(weights.tensors, net);
    return take_what_fits(std::move(weights), net, options, path, report);
}

std::shared_ptr<const Model> start_from(const std::shared_ptr<const Model>& model, const NetDef& net,
                                        const ImportOptions& options, ImportReport* report) {
    return take_what_fits(weights_of(model), net, options, "model " + model->net().name, report);
}

NetOrModel import_any(const std::string& path, const ImportOptions& options, ImportReport* report) {
    if (options.net.empty() && sniff(path) == FileFormat::prototxt)
        return {import_net(path, report), nullptr};
    auto model = import_model(path, options, report);
    return {model->net(), model};
}

NetDef import_net(const std::string& path_or_name, ImportReport* report) {
    ImportReport done;
    Imported imported = read_net(path_or_name);
    done.format = imported.format;
    done.ignored = imported.ignored;
    close_with_softmax(*imported.net, done);
    const Dialect* dialect = find_dialect(*imported.net);
    if (dialect != nullptr) done.dialect = dialect->title;
    complete_preprocessing(imported, dialect, "", done);
    require_sound(*imported.net, path_or_name);
    if (report != nullptr) *report = std::move(done);
    return *imported.net;
}

}  // namespace emulsion
