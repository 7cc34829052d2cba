// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/caffe_net.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/files.h"
#include "engine/formats/caffe_schema.h"
#include "engine/formats/readers.h"
#include "engine/json.h"

namespace emulsion::formats::caffe {
namespace {

constexpr const char* input_value = "data";
constexpr const char* probabilities = "prob";

/// Builds one net from layers in the order of the file.
class NetBuilder {
   public:
    NetBuilder(const Fields& net, const NetState& state) : fields_(net), state_(state) {
        result_.net.name = net.text("name");
    }

    CaffeNet build(const std::vector<CaffeLayer>& layers) {
        if (auto input = stated_input(fields_)) set_source(std::move(input->source), {input->name});
        for (const CaffeLayer& layer : layers) {
            lines_[layer.name] = layer.fields.line();
            add(layer);
            if (!dropped_.contains(layer.type))
                fields_.reading().ignore_unread(*layer.fields.message(), layer.label() + ": ");
        }
        if (!has_source_)
            fields_.reading().fail(0,
                                   "the net has no input: it needs an Input layer, 'input' with its "
                                   "shape, or a layer that reads photos");
        if (result_.net.layers.empty()) fields_.reading().fail(0, "the net has no layers");
        if (has_loss_) keep_what_the_loss_needs();
        return std::move(result_);
    }

    static bool is_supported(const std::string& type) {
        return is_convertible(type) || is_source(type) || dropped_.contains(type) ||
               renaming_.contains(type) || type == "SoftmaxWithLoss";
    }

   private:
    struct Value {
        std::string name;
        bool flat = false;  ///< of channels, height and width in one
    };

    void add(const CaffeLayer& layer) {
        if (is_source(layer.type)) {
            if (has_source_) layer.fail("is a second input; Emulsion's nets have one");
            set_source(source_of(layer), layer.tops);
        } else if (dropped_.contains(layer.type)) {
            fields_.reading().ignore(layer.label() + " (" + layer.type + ")", layer.fields.line());
        } else if (renaming_.contains(layer.type)) {
            add_renaming(layer);
        } else if (layer.type == "SoftmaxWithLoss") {
            add_loss(layer);
        } else {
            add_plain(layer);
        }
    }

    void set_source(Source source, const std::vector<std::string>& tops) {
        NetDef& net = result_.net;
        net.channels = source.channels;
        net.height = source.height;
        net.width = source.width;
        net.preprocessing = source.preprocessing;
        result_.source = std::move(source);
        current_[tops[0]] = {input_value, false};
        labels_.insert(tops.begin() + 1, tops.end());
        has_source_ = true;
    }

    void add_plain(const CaffeLayer& layer) {
        LayerDef def = convert_layer(layer);
        if (layer.bottoms.empty()) layer.fail("reads nothing");
        if (layer.tops.size() != 1)
            layer.fail("makes " + std::to_string(layer.tops.size()) + " values; Emulsion's layers make one");
        check_names(layer, def);
        check_gradient_settings(layer, false);
        bool flat = false;
        for (const std::string& bottom : layer.bottoms) {
            const Value& read = value(bottom, layer);
            def.inputs.push_back(read.name);
            flat = flat || read.flat;
        }
        flat = flat && stays_flat(layer, def);
        def.outputs = {make(layer.tops[0], layer, flat)};
        result_.net.layers.push_back(std::move(def));
    }

    // Parameters go by the name of their layer.
    void check_names(const CaffeLayer& layer, const LayerDef& def) {
        if (layer.name.empty()) layer.fail("of type " + layer.type + " has no name");
        if (!def.params.empty() && !weighted_.insert(layer.name).second)
            layer.fail("has the name of another layer with weights");
        for (const BlobSettings& blob : layer.blobs)
            if (!blob.shared.empty() && !shared_.insert(blob.shared).second)
                layer.fail("shares its weights '" + json::printable(blob.shared) +
                           "' with another layer, which Emulsion does not do");
    }

    // What would change the gradients of a net that is trained, and nothing of one that is only run.
    void check_gradient_settings(const CaffeLayer& layer, bool is_loss) {
        const Fields& fields = layer.fields;
        const auto weights = fields.reals("loss_weight");
        const double usual = is_loss ? 1 : 0;
        const bool usual_weight = std::ranges::all_of(weights, [&](double w) { return w == usual; });
        const auto down = fields.integers("propagate_down");
        if (state_.phase == Phase::train) {
            if (!usual_weight)
                layer.fail(fields.line("loss_weight"), "has a loss_weight; Emulsion's one loss has weight 1");
            if (!is_loss && std::ranges::count(down, 0) != 0)
                layer.fail(fields.line("propagate_down"),
                           "stops gradients, which Emulsion does not do: give the layers below rates of 0");
            return;
        }
        if (!usual_weight)
            fields.reading().ignore(layer.label() + ": loss_weight", fields.line("loss_weight"));
        if (!down.empty())
            fields.reading().ignore(layer.label() + ": propagate_down", fields.line("propagate_down"));
    }

    // Split copies, and Flatten only changes how the shape is written down: a fully connected layer reads
    // the same numbers in the same order.
    void add_renaming(const CaffeLayer& layer) {
        if (layer.bottoms.size() != 1 || layer.tops.empty()) layer.fail("needs one bottom and a top");
        const std::string& bottom = layer.bottoms[0];
        if (labels_.contains(bottom)) {
            labels_.insert(layer.tops.begin(), layer.tops.end());
            return;
        }
        Value made = value(bottom, layer);
        if (layer.type == "Flatten") {
            const Fields settings = layer.fields.within("flatten_param");
            if (settings.integer("axis", 1) != 1 || settings.integer("end_axis", -1) != -1)
                layer.fail(settings.line(), "flattens some of the axes only");
            made.flat = true;
        }
        for (const std::string& top : layer.tops) current_[top] = made;
    }

    static bool stays_flat(const CaffeLayer& layer, const LayerDef& def) {
        static const std::set<std::string> indifferent = {"relu", "dropout", "softmax", "concat"};
        if (def.type == "fc") return false;
        if (!indifferent.contains(def.type))
            layer.fail("reads a flattened value, which Emulsion has only for fully connected layers");
        return true;
    }

    // At inference the probabilities are the output; in training the Trainer makes a loss of them.
    void add_loss(const CaffeLayer& layer) {
        if (layer.bottoms.size() != 2 || !labels_.contains(layer.bottoms[1]))
            layer.fail("needs a value and the labels of the photos");
        if (has_loss_ && state_.phase == Phase::train) layer.fail("is a second loss; Emulsion trains by one");
        check_loss_settings(layer);
        check_gradient_settings(layer, true);
        CaffeLayer softmax{layer.fields, layer.name, "Softmax", {layer.bottoms[0]}, {layer.name}, {}};
        LayerDef def = convert_layer(softmax);
        def.inputs = {value(layer.bottoms[0], layer).name};
        def.outputs = {make(layer.name, layer)};
        for (const std::string& top : layer.tops) losses_.insert(top);
        result_.net.layers.push_back(std::move(def));
        output_ = result_.net.layers.back().outputs[0];
        has_loss_ = true;
    }

    void check_loss_settings(const CaffeLayer& layer) {
        const Fields settings = layer.fields.within("loss_param");
        if (settings.has("ignore_label"))
            layer.fail(settings.line("ignore_label"), "ignores a label, which Emulsion does not do");
        // All but NONE divide by the number of photos, where each has a label.
        settings.flag("normalize", true);
        if (settings.choice("normalization", "VALID") == "NONE")
            layer.fail(settings.line("normalization"), "sums its loss over the batch instead of averaging");
    }

    const Value& value(const std::string& bottom, const CaffeLayer& layer) const {
        const std::string quoted = '"' + json::printable(bottom) + '"';
        if (labels_.contains(bottom)) layer.fail("reads the labels " + quoted + " as if they were photos");
        if (losses_.contains(bottom)) layer.fail("reads " + quoted + ", which is a loss");
        const auto found = current_.find(bottom);
        if (found == current_.end()) layer.fail("reads " + quoted + ", which nothing before it makes");
        return found->second;
    }

    /// A name of its own for a new value, which `top` stands for from now on.
    std::string make(const std::string& top, const CaffeLayer& layer, bool flat = false) {
        std::string name = top;
        if (taken_.contains(name)) name += '/' + layer.name;
        for (const std::string base = name; taken_.contains(name);)
            name = base + '#' + std::to_string(++versions_[base] + 1);
        taken_.insert(name);
        current_[top] = {name, flat};
        return name;
    }

    // Auxiliary classifiers, and whatever else does not lead to the last loss.
    void keep_what_the_loss_needs() {
        std::set<std::string> needed = {output_};
        std::vector<LayerDef>& kept = result_.net.layers;
        std::vector<LayerDef> in_order;
        std::for_each(kept.rbegin(), kept.rend(), [&](LayerDef& def) {
            if (!needed.contains(def.outputs[0]))
                return fields_.reading().ignore(
                    "layer " + json::printable(def.name) + ", which the last loss does not need",
                    lines_[def.name]);
            needed.insert(def.inputs.begin(), def.inputs.end());
            in_order.push_back(std::move(def));
        });
        kept.assign(std::make_move_iterator(in_order.rbegin()), std::make_move_iterator(in_order.rend()));
        const bool name_is_free = std::ranges::find(kept, probabilities, &LayerDef::name) == kept.end();
        if (name_is_free && !needed.contains(probabilities)) {
            kept.back().name = probabilities;
            kept.back().outputs = {probabilities};
        }
    }

    inline static const std::set<std::string> dropped_ = {"Accuracy", "Silence"};
    inline static const std::set<std::string> renaming_ = {"Split", "Flatten"};

    Fields fields_;
    NetState state_;
    CaffeNet result_;
    std::map<std::string, Value> current_;  ///< what a top stands for at this point of the file
    std::set<std::string> taken_ = {input_value}, weighted_, shared_, labels_, losses_;
    std::map<std::string, int> versions_;  ///< of names that are taken even so
    std::map<std::string, int> lines_;     ///< of layers, for what is said of them later
    std::string output_;
    bool has_source_ = false, has_loss_ = false;
};

}  // namespace

CaffeNet convert_net(const Fields& net, const Unknown& unknown, const NetState& given) {
    NetState state = given;
    state.merge(net.within("state"));
    const std::vector<CaffeLayer> layers = layers_of(net, state);
    for (const CaffeLayer& layer : layers)
        if (!NetBuilder::is_supported(layer.type))
            layer.fail("is of type " + json::printable(layer.type) + ", which Emulsion does not have");
    net.reading().refuse(unknown);
    CaffeNet converted = NetBuilder(net, state).build(layers);
    net.reading().ignore_unread(*net.message(), "");
    return converted;
}

std::string read_definition(const std::string& path) {
    constexpr std::size_t largest = std::size_t{16} << 20;
    return emulsion::read_text(path, largest);
}

CaffeNet read_net(const std::string& path, const NetState& state, std::vector<std::string>& ignored) {
    const std::string text = read_definition(path);
    Unknown unknown;
    const Message message = formats::read_text(text, net_parameter(), path, unknown);
    Reading reading(path);
    if (is_of_type(solver_parameter(), message, unknown))
        reading.fail(0, "it is a solver's file: give it to train --solver, or name its net");
    CaffeNet net = convert_net(Fields(reading, message), unknown, state);
    ignored.insert(ignored.end(), reading.ignored().begin(), reading.ignored().end());
    return net;
}

}  // namespace emulsion::formats::caffe

namespace emulsion::formats {

Imported read_prototxt(const std::string& path, Phase phase) {
    Imported imported;
    imported.format = "caffe";
    caffe::NetState state;
    state.phase = phase;
    caffe::CaffeNet converted = caffe::read_net(path, state, imported.ignored);
    imported.net = std::move(converted.net);
    imported.preprocessing_known = converted.source.preprocessing_known;
    imported.missing_mean = converted.source.missing_mean;
    return imported;
}

}  // namespace emulsion::formats
