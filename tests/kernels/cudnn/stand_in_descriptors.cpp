// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The functions of the graph API that make, set, get and finalize descriptors.
#include "tests/kernels/cudnn/stand_in_descriptors.h"

#include <algorithm>

#include "tests/kernels/cudnn/stand_in_graph.h"

namespace emulsion::stand_in {
namespace {

Objects<Descriptor>& descriptors() {
    static Objects<Descriptor> all("backend");
    return all;
}

const Rule& find_rule(const Descriptor& descriptor, cudnnBackendAttributeName_t attribute) {
    for (const Rule& rule : rules(descriptor.type))
        if (rule.name == attribute) return rule;
    throw Refusal{CUDNN_STATUS_BAD_PARAM,
                  std::string(name(descriptor.type)) + " has no attribute " + std::to_string(attribute)};
}

/// The real library takes double where it takes float, and whole numbers for fractions.
bool fits(cudnnBackendAttributeType_t wanted, cudnnBackendAttributeType_t given) {
    return wanted == given || (wanted == CUDNN_TYPE_FLOAT && given == CUDNN_TYPE_DOUBLE) ||
           (wanted == CUDNN_TYPE_FRACTION && given == CUDNN_TYPE_INT64);
}

void check_type(const Rule& rule, cudnnBackendAttributeType_t type) {
    require(fits(rule.type, type), CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE,
            "attribute " + std::to_string(rule.name) + " has type " + std::to_string(rule.type) + ", not " +
                std::to_string(type));
}

void set_attribute(Descriptor& descriptor, cudnnBackendAttributeName_t attribute,
                   cudnnBackendAttributeType_t type, std::int64_t count, const void* elements) {
    require(!descriptor.finalized, "set after finalize");
    const Rule& rule = find_rule(descriptor, attribute);
    const std::string what = std::string(name(descriptor.type)) + " " + std::to_string(attribute);
    require(rule.kind != Rule::result, what + " cannot be set");
    check_type(rule, type);
    require(count >= 1 && count <= rule.most,
            what + " takes 1 to " + std::to_string(rule.most) + " elements, not " + std::to_string(count));
    require(elements != nullptr, what + ": elements == nullptr");
    Value value{type, count, std::vector<std::byte>(static_cast<std::size_t>(count) * size_of(type)), {}};
    std::memcpy(value.bytes.data(), elements, value.bytes.size());
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
        for (std::int64_t i = 0; i < count; ++i) {
            const auto child = descriptors().find(static_cast<const cudnnBackendDescriptor_t*>(elements)[i]);
            require(!rule.child || *rule.child == child->type, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
                    what + " is no " + name(child->type));
            value.children.push_back(std::make_shared<Descriptor>(*child));
        }
    if (type == CUDNN_TYPE_HANDLE) check_handle(*static_cast<const cudnnHandle_t*>(elements));
    descriptor.values[attribute] = std::move(value);
}

/// Brings descriptors into those that the caller made for them.
void hand_out(const Rule& rule, const std::vector<Descriptor>& from, void* to) {
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto target = descriptors().find(static_cast<cudnnBackendDescriptor_t*>(to)[i]);
        require(target->type == *rule.child, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
                "attribute " + std::to_string(rule.name) + " goes into no " + name(target->type));
        *target = from[i];
    }
}

Result of_value(const Value& value, std::int64_t requested) {
    Result result;
    const auto handed = static_cast<std::size_t>(std::min(requested, value.count));
    result.count = value.count == 1 ? 1 : static_cast<std::int64_t>(handed);  // so the real library counts
    for (std::size_t i = 0; i < std::min(handed, value.children.size()); ++i)
        result.descriptors.push_back(*value.children[i]);
    result.bytes.assign(value.bytes.data(), value.bytes.data() + handed * size_of(value.type));
    return result;
}

void get_attribute(Descriptor& descriptor, cudnnBackendAttributeName_t attribute,
                   cudnnBackendAttributeType_t type, std::int64_t requested, std::int64_t* count,
                   void* elements) {
    require(descriptor.finalized, CUDNN_STATUS_NOT_INITIALIZED, "get before finalize");
    const Rule& rule = find_rule(descriptor, attribute);
    check_type(rule, type);
    require(requested >= 0, "requestedElementCount < 0");
    require(elements != nullptr || requested == 0, CUDNN_STATUS_BAD_PARAM_NULL_POINTER,
            "arrayOfElements == nullptr");
    const auto set = descriptor.values.find(attribute);
    const Result found = set != descriptor.values.end() ? of_value(set->second, requested)
                                                        : result(descriptor, attribute, requested);
    if (count != nullptr) *count = found.count;
    if (requested == 0) return;
    if (rule.type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
        hand_out(rule, found.descriptors, elements);
    else
        std::memcpy(elements, found.bytes.data(), found.bytes.size());
}

/// What a graph is to compute, for the log.
std::string content(const Descriptor& d) {
    std::string text;
    if (d.type == CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)
        for (const Operation& o : operations_of(d)) text += (text.empty() ? ": " : "; ") + in_words(o);
    return text;
}

}  // namespace

std::shared_ptr<Descriptor> find_descriptor(cudnnBackendDescriptor_t descriptor) {
    return descriptors().find(descriptor);
}

double Descriptor::real(cudnnBackendAttributeName_t attribute, double otherwise) const {
    if (!has(attribute)) return otherwise;
    return values.at(attribute).type == CUDNN_TYPE_DOUBLE ? one<double>(attribute)
                                                          : static_cast<double>(one<float>(attribute));
}

std::vector<std::int64_t> Descriptor::whole(cudnnBackendAttributeName_t attribute) const {
    if (values.at(attribute).type == CUDNN_TYPE_INT64) return all<std::int64_t>(attribute);
    std::vector<std::int64_t> numbers;
    for (const cudnnFraction_t each : all<cudnnFraction_t>(attribute)) {
        require(each.denominator == 1, CUDNN_STATUS_NOT_SUPPORTED, "the stand-in knows whole fractions only");
        numbers.push_back(each.numerator);
    }
    return numbers;
}

}  // namespace emulsion::stand_in

using namespace emulsion::stand_in;

extern "C" {

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* descriptor) {
    return answer("cudnnBackendCreateDescriptor", [&] {
        require(descriptor != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "descriptor == nullptr");
        const std::string what = name(type);
        Descriptor made;
        made.type = type;
        *descriptor = descriptors().make(std::move(made));
        log("create " + what);
    });
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
    return answer("cudnnBackendDestroyDescriptor", [&] {
        log(std::string("destroy ") + name(descriptors().find(descriptor)->type));
        descriptors().give_back(descriptor);
    });
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t attribute,
                                       cudnnBackendAttributeType_t type, std::int64_t count,
                                       const void* elements) {
    return answer("cudnnBackendSetAttribute",
                  [&] { set_attribute(*descriptors().find(descriptor), attribute, type, count, elements); });
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor,
                                       cudnnBackendAttributeName_t attribute,
                                       cudnnBackendAttributeType_t type, std::int64_t requested,
                                       std::int64_t* count, void* elements) {
    return answer("cudnnBackendGetAttribute", [&] {
        get_attribute(*descriptors().find(descriptor), attribute, type, requested, count, elements);
    });
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
    return answer("cudnnBackendFinalize", [&] {
        Descriptor& found = *descriptors().find(descriptor);
        finalize(found);
        log(std::string("finalize ") + name(found.type) + content(found));
    });
}

}  // extern "C"
