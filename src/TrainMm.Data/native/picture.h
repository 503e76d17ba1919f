// What the formats share: a picture whose header was read and whose pixels can be decoded once.
#pragma once

#include "media.h"

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace trainmm {

using Bytes = std::span<const std::uint8_t>;
using Box = tmm_box;

// A reason for the caller; code is one of media.h's.
class Failure : public std::runtime_error {
public:
    Failure(std::int32_t code, const std::string& reason) : std::runtime_error(reason), code(code) {}
    const std::int32_t code;
};

class Picture {
public:
    virtual ~Picture() = default;

    // Writes RGB pixels as the picture stores them, scaled down where scale() allowed it: all of them, or those that keep() said.
    virtual void decode(std::uint8_t* rgb) = 0;

    // Chooses a cheaper, smaller decoding that still covers the wanted size. Formats that cannot do it ignore it.
    virtual void scale(int /*wanted_width*/, int /*wanted_height*/) {}

    // Says what decode() will write so that it covers the wanted part. Formats that cannot leave anything out write all.
    virtual Box keep(Box /*wanted*/) { return {0, 0, width, height}; }

    std::int32_t format = 0;
    int width = 0;   // of the whole, scaled down where scale() allowed it
    int height = 0;
    int orientation = 1;
    int frames = 1;
};

// Each reads the header and nothing more.
std::unique_ptr<Picture> open_jpeg(Bytes bytes);
std::unique_ptr<Picture> open_png(Bytes bytes);
std::unique_ptr<Picture> open_webp(Bytes bytes);

// The orientation tag of a TIFF block ("II*\0" or "MM\0*", with or without "Exif\0\0" before it); 1 where there is none or it is damaged.
int exif_orientation(Bytes block);

// True where orientation exchanges width and height.
constexpr bool turns_sideways(int orientation) { return orientation >= 5; }

// Where a part of a picture of width * height lies when the picture is turned as orientation says.
Box turned(Box box, int width, int height, int orientation);

// The orientation that turns back.
constexpr int inverse(int orientation) { return orientation == 6 ? 8 : orientation == 8 ? 6 : orientation; }

// Copies an RGB picture to output, turned and mirrored so that it stands as orientation says.
void orient(const std::uint8_t* rgb, int width, int height, int orientation, std::uint8_t* output);

}  // namespace trainmm
