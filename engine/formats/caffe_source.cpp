// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/caffe_source.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/json.h"

namespace emulsion::formats::caffe {
namespace {

constexpr std::int64_t longest_side = std::int64_t{1} << 20;

std::string size_text(std::int64_t height, std::int64_t width) {
    return std::to_string(height) + 'x' + std::to_string(width);
}

/// A length in pixels; 0 if it is not stated.
int side(const CaffeLayer& layer, const Fields& settings, const char* field) {
    const std::int64_t length = settings.integer(field, 0);
    if (length < 0 || length > longest_side)
        layer.fail(settings.line(field), std::string("has an absurd ") + field);
    return static_cast<int>(length);
}

/// Without a word on preprocessing, photos have the size of the input.
void set_shape(Source& source, const Fields& at, const std::string& who,
               const std::vector<std::int64_t>& dims) {
    const auto is_sane = [](std::int64_t each) { return each >= 1 && each <= longest_side; };
    if (dims.size() != 4 || !std::ranges::all_of(dims, is_sane))
        at.reading().fail(at.line(), who + " needs a shape of 4 dimensions: batch, channels, height, width");
    source.data.batch = dims[0];
    source.channels = dims[1];
    source.height = dims[2];
    source.width = dims[3];
    Preprocessing& photos = source.preprocessing;
    photos.mean = {0, 0, 0};
    photos.height = photos.crop_height = static_cast<int>(dims[2]);
    photos.width = photos.crop_width = static_cast<int>(dims[3]);
}

/// Reads a layer that brings photos, or an Input layer with settings of one.
class PhotoReader {
   public:
    /// `settings` is the layer's data_param or image_data_param, where old files have what newer ones keep
    /// in transform_param.
    PhotoReader(const CaffeLayer& layer, const Fields& settings)
        : layer_(layer), settings_(settings), transform_(layer.fields.within("transform_param")) {}

    void read(Source& source) {
        if (transform_.flag("force_gray", false)) layer_.fail("makes photos grey; Emulsion's are in colour");
        source.preprocessing_known = true;
        source.data.mirror = at("mirror").flag("mirror", false);
        source.data.crop = side(layer_, at("crop_size"), "crop_size");
        source.preprocessing.scale.fill(static_cast<float>(at("scale").real("scale", 1)));
        read_means(source);
        read_sizes(source);
    }

   private:
    const Fields& at(const char* field) const { return transform_.has(field) ? transform_ : settings_; }

    void read_means(Source& source) {
        const auto values = transform_.reals("mean_value");
        const std::string file = at("mean_file").text("mean_file");
        Preprocessing& photos = source.preprocessing;
        if (!values.empty() && !file.empty())
            layer_.fail(transform_.line("mean_value"), "has both mean_value and mean_file");
        if (values.size() == 1) photos.mean.fill(static_cast<float>(values[0]));
        if (values.size() == 3)
            std::ranges::transform(values, photos.mean.begin(),
                                   [](double value) { return static_cast<float>(value); });
        if (values.size() == 2 || values.size() > 3)
            layer_.fail(transform_.line("mean_value"),
                        "has " + std::to_string(values.size()) + " mean values for 3 channels");
        if (!file.empty()) read_mean_file(source, file);
    }

    void read_mean_file(Source& source, const std::string& file) {
        const std::string path = resolve(file, layer_.fields.reading().path());
        if (!is_there(path)) {
            layer_.fields.reading().ignore(
                layer_.label() + ": mean_file " + json::printable(file) + ", which is not there",
                at("mean_file").line("mean_file"));
            source.missing_mean = file;
            source.preprocessing_known = false;
            return;
        }
        mean_ = read_binaryproto(path);
        if (mean_.channels != 3) layer_.fail("has a mean image that is not in colour");
        source.preprocessing.mean_image = mean_.values;
    }

    void read_sizes(Source& source) {
        Preprocessing& photos = source.preprocessing;
        const bool resizes = settings_.present() && settings_.message()->type().find("new_height") != nullptr;
        int height = resizes ? side(layer_, settings_, "new_height") : 0;
        int width = resizes ? side(layer_, settings_, "new_width") : 0;
        if ((height == 0) != (width == 0)) layer_.fail("needs both new_height and new_width, or neither");
        if (height == 0) std::tie(height, width) = assumed_size(source);

        const int crop = source.data.crop;
        photos.height = height;
        photos.width = width;
        photos.crop_height = crop > 0 ? crop : height;
        photos.crop_width = crop > 0 ? crop : width;
        if (crop > height || crop > width)
            layer_.fail("cuts " + size_text(crop, crop) + " out of photos of " + size_text(height, width));
        const auto mean_size = std::pair(mean_.height, mean_.width);
        if (!photos.mean_image.empty() && mean_size != std::pair<std::int64_t, std::int64_t>(height, width))
            layer_.fail("has a mean image of " + size_text(mean_.height, mean_.width) + " for photos of " +
                        size_text(height, width));
        const bool shape_is_stated = source.height > 0;
        if (shape_is_stated && (source.height != photos.crop_height || source.width != photos.crop_width))
            layer_.fail("has an input of " + size_text(source.height, source.width) + " and photos of " +
                        size_text(photos.crop_height, photos.crop_width));
        source.height = photos.crop_height;
        source.width = photos.crop_width;
    }

    /// The size of photos that are taken as they come: that of the mean image, or of ImageNet's sets.
    std::pair<int, int> assumed_size(const Source& source) {
        if (mean_.height > 0) return {static_cast<int>(mean_.height), static_cast<int>(mean_.width)};
        const int crop = source.data.crop;
        if (crop == 0 && source.height > 0)
            return {static_cast<int>(source.height), static_cast<int>(source.width)};
        if (crop == 0)
            layer_.fail("does not say how large photos are: set crop_size, or new_height and new_width");
        constexpr int usual = 256;
        const int length = std::max(crop, usual);
        layer_.fields.reading().ignore(
            layer_.label() + " does not resize photos; they are taken to be " + size_text(length, length),
            layer_.fields.line());
        return {length, length};
    }

    const CaffeLayer& layer_;
    Fields settings_, transform_;
    MeanImage mean_;
};

void demand_one_top(const CaffeLayer& layer, std::size_t most) {
    if (layer.tops.empty() || layer.tops.size() > most)
        layer.fail("makes " + std::to_string(layer.tops.size()) + " values; Emulsion's nets have one input");
}

// Emulsion's own files, which say on the Input layer how photos are prepared, are read as any other.
Source read_input(const CaffeLayer& layer) {
    demand_one_top(layer, 1);
    Source source;
    const auto shapes = layer.fields.within("input_param").each("shape");
    if (shapes.size() != 1) layer.fail("has " + std::to_string(shapes.size()) + " shapes and needs one");
    set_shape(source, shapes[0], layer.label(), shapes[0].integers("dim"));
    if (layer.fields.has("transform_param"))
        PhotoReader(layer, layer.fields.within("image_data_param")).read(source);
    return source;
}

void read_list(Source& source, const CaffeLayer& layer, const Fields& settings) {
    constexpr std::size_t data_and_label = 2;
    demand_one_top(layer, data_and_label);
    source.data.batch = settings.integer("batch_size", 1);
    if (source.data.batch < 1 || source.data.batch > longest_side)
        layer.fail(settings.line("batch_size"), "has a batch_size of " + std::to_string(source.data.batch));
    source.data.source = resolve(settings.text("source"), layer.fields.reading().path());
    PhotoReader(layer, settings).read(source);
}

Source read_image_data(const CaffeLayer& layer) {
    Source source;
    const Fields settings = layer.fields.within("image_data_param");
    if (!settings.flag("is_color", true))
        layer.fail(settings.line("is_color"), "reads photos in grey; Emulsion's are in colour");
    source.data.shuffle = settings.flag("shuffle", false);
    source.data.root_folder = resolve(settings.text("root_folder"), layer.fields.reading().path());
    read_list(source, layer, settings);
    return source;
}

Source read_data(const CaffeLayer& layer) {
    Source source;
    source.data.database = true;
    read_list(source, layer, layer.fields.within("data_param"));
    return source;
}

// Another program puts photos in its place, of a size that the layer states.
Source read_memory_data(const CaffeLayer& layer) {
    constexpr std::size_t data_and_label = 2;
    demand_one_top(layer, data_and_label);
    Source source;
    const Fields settings = layer.fields.within("memory_data_param");
    std::vector<std::int64_t> dims;
    for (const char* side : {"batch_size", "channels", "height", "width"})
        dims.push_back(settings.integer(side, 0));
    set_shape(source, settings, layer.label(), dims);
    if (layer.fields.has("transform_param"))
        PhotoReader(layer, layer.fields.within("image_data_param")).read(source);
    return source;
}

Source read_hdf5_data(const CaffeLayer& layer) {
    layer.fail(
        "takes the shape of its data from HDF5 files, which Emulsion does not read: "
        "use the deploy file, or an Input layer in its place");
}

struct Kind {
    const char* type;
    Source (*read)(const CaffeLayer&);
};
constexpr std::array kinds = {Kind{"Input", read_input}, Kind{"Data", read_data},
                              Kind{"HDF5Data", read_hdf5_data}, Kind{"ImageData", read_image_data},
                              Kind{"MemoryData", read_memory_data}};

const Kind* find(const std::string& type) {
    const auto found = std::ranges::find_if(kinds, [&](const Kind& kind) { return type == kind.type; });
    return found != kinds.end() ? &*found : nullptr;
}

}  // namespace

bool is_source(const std::string& type) {
    return find(type) != nullptr;
}

Source source_of(const CaffeLayer& layer) {
    return find(layer.type)->read(layer);
}

std::optional<StatedInput> stated_input(const Fields& net) {
    const auto names = net.texts("input");
    if (names.empty()) return {};
    if (names.size() > 1)
        net.fail("input", "it has " + std::to_string(names.size()) + " inputs; Emulsion's nets have one");
    StatedInput input{names[0], {}};
    const auto shapes = net.each("input_shape");
    const auto dims = shapes.empty() ? net.integers("input_dim") : shapes[0].integers("dim");
    set_shape(input.source, net, "its input", dims);
    return input;
}

}  // namespace emulsion::formats::caffe
