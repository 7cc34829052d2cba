// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <lcms2.h>

#include <array>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

constexpr cmsCIExyY d65{0.3127, 0.3290, 1.0};
constexpr cmsCIExyY srgb_red{0.64, 0.33, 1}, srgb_green{0.30, 0.60, 1}, srgb_blue{0.15, 0.06, 1};

Bytes save(cmsHPROFILE profile) {
    cmsUInt32Number length = 0;
    cmsSaveProfileToMem(profile, nullptr, &length);
    Bytes bytes(length);
    cmsSaveProfileToMem(profile, bytes.data(), &length);
    cmsCloseProfile(profile);
    return bytes;
}

Bytes rgb_profile(const cmsCIExyY& red, const cmsCIExyY& green, const cmsCIExyY& blue) {
    const cmsCIExyYTRIPLE primaries{red, green, blue};
    const std::array<double, 5> srgb_curve{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve* curve = cmsBuildParametricToneCurve(nullptr, 4, srgb_curve.data());
    cmsToneCurve* curves[3] = {curve, curve, curve};
    const Bytes bytes = save(cmsCreateRGBProfile(&d65, &primaries, curves));
    cmsFreeToneCurve(curve);
    return bytes;
}

// Each is called for the corners of the cube of colours; Lab is as ICC encodes it in 16 bits.
cmsInt32Number black_only(const cmsUInt16Number* inks, cmsUInt16Number* lab, void*) {
    lab[0] = static_cast<cmsUInt16Number>(65535 - inks[3]);
    lab[1] = lab[2] = 0x8080;
    return TRUE;
}
cmsInt32Number mean_only(const cmsUInt16Number* rgb, cmsUInt16Number* lab, void*) {
    lab[0] = static_cast<cmsUInt16Number>((rgb[0] + rgb[1] + rgb[2]) / 3);
    lab[1] = lab[2] = 0x8080;
    return TRUE;
}

/// A profile that is a cube of colours, with straight lines between its corners.
Bytes cube_profile(cmsColorSpaceSignature space, cmsUInt32Number channels, cmsSAMPLER16 corner) {
    cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
    cmsSetProfileVersion(profile, 4.3);
    cmsSetDeviceClass(profile, cmsSigOutputClass);
    cmsSetColorSpace(profile, space);
    cmsSetPCS(profile, cmsSigLabData);
    cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, channels, 3);
    cmsStage* cube = cmsStageAllocCLut16bit(nullptr, 2, channels, 3, nullptr);
    cmsStageSampleCLut16bit(cube, corner, nullptr, 0);
    // The format knows no cube without curves on both its sides.
    cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, channels, nullptr));
    cmsPipelineInsertStage(pipeline, cmsAT_END, cube);
    cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, 3, nullptr));
    cmsWriteTag(profile, cmsSigAToB0Tag, pipeline);
    cmsPipelineFree(pipeline);
    return save(profile);
}

}  // namespace

Bytes srgb_profile() {
    return rgb_profile(srgb_red, srgb_green, srgb_blue);
}
Bytes swapped_profile() {
    return rgb_profile(srgb_blue, srgb_green, srgb_red);
}

Bytes linear_grey_profile() {
    cmsToneCurve* curve = cmsBuildGamma(nullptr, 1.0);
    const Bytes bytes = save(cmsCreateGrayProfile(cmsD50_xyY(), curve));
    cmsFreeToneCurve(curve);
    return bytes;
}

Bytes black_ink_profile() {
    return cube_profile(cmsSigCmykData, 4, black_only);
}
Bytes mean_profile() {
    return cube_profile(cmsSigRgbData, 3, mean_only);
}

}  // namespace emulsion::tests
