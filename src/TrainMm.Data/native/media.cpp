#include "media.h"

#include "picture.h"

#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace trainmm {
namespace {

bool starts_with(Bytes bytes, std::string_view magic, std::size_t at = 0) {
    return bytes.size() >= at + magic.size() && std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
}

using namespace std::string_view_literals;

std::string what_it_is(Bytes bytes) {
    if (bytes.empty()) return "the file is empty";
    if (starts_with(bytes, "GIF8")) return "a GIF, which is not supported (JPEG, PNG and WebP are)";
    if (starts_with(bytes, "BM")) return "a BMP, which is not supported (JPEG, PNG and WebP are)";
    if (starts_with(bytes, "II*\0"sv) || starts_with(bytes, "MM\0*"sv)) return "a TIFF, which is not supported (JPEG, PNG and WebP are)";
    if (starts_with(bytes, "ftyp", 4)) return "a HEIF, AVIF or MP4 file, which is not supported (JPEG, PNG and WebP are)";
    if (starts_with(bytes, "<")) return "not a picture: it starts like HTML or XML";
    if (starts_with(bytes, "version https://git-lfs")) return "not a picture: a Git LFS pointer whose file was never fetched";
    return "not a picture: it starts like neither JPEG, PNG nor WebP";
}

std::unique_ptr<Picture> open(Bytes bytes, const tmm_options& options) {
    std::unique_ptr<Picture> picture;
    if (starts_with(bytes, "\xFF\xD8\xFF")) picture = open_jpeg(bytes);
    else if (starts_with(bytes, "\x89PNG\r\n\x1A\n")) picture = open_png(bytes);
    else if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8)) picture = open_webp(bytes);
    else throw Failure(TMM_UNSUPPORTED, what_it_is(bytes));

    if (static_cast<std::int64_t>(picture->width) * picture->height > options.max_pixels) {
        throw Failure(TMM_TOO_LARGE, std::to_string(picture->width) + " x " + std::to_string(picture->height) + " pixels are more than the cap of " + std::to_string(options.max_pixels));
    }

    return picture;
}

bool is_turned(const Picture& picture, const tmm_options& options) { return options.apply_orientation != 0 && picture.orientation != 1; }

void scale(Picture& picture, const tmm_options& options) {
    if (options.scale_to_width <= 0 || options.scale_to_height <= 0) return;
    const bool sideways = is_turned(picture, options) && turns_sideways(picture.orientation);
    picture.scale(sideways ? options.scale_to_height : options.scale_to_width, sideways ? options.scale_to_width : options.scale_to_height);
}

void probe(Bytes bytes, const tmm_options& options, tmm_info& info) {
    const auto picture = open(bytes, options);
    info = {picture->format, picture->width, picture->height, picture->orientation, picture->frames, 0, 0};
    scale(*picture, options);
    const bool sideways = is_turned(*picture, options) && turns_sideways(picture->orientation);
    info.output_width = sideways ? picture->height : picture->width;
    info.output_height = sideways ? picture->width : picture->height;
}

bool is_part(Box box, int width, int height) {
    return box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0 && box.width <= width - box.left && box.height <= height - box.top;
}

void decode(Bytes bytes, const tmm_options& options, Box& box, std::span<std::uint8_t> rgb) {
    const auto picture = open(bytes, options);
    scale(*picture, options);
    const auto [width, height] = std::pair(picture->width, picture->height);
    if (static_cast<std::size_t>(width) * height * 3 != rgb.size()) throw Failure(TMM_BAD_ARGUMENT, "the buffer is not of the picture's size");
    const int orientation = is_turned(*picture, options) ? picture->orientation : 1;
    const bool sideways = turns_sideways(orientation);
    if (!is_part(box, sideways ? height : width, sideways ? width : height)) throw Failure(TMM_BAD_ARGUMENT, "the box is not a part of the picture");
    const Box kept = picture->keep(turned(box, sideways ? height : width, sideways ? width : height, inverse(orientation)));
    box = turned(kept, width, height, orientation);
    if (orientation == 1) {
        picture->decode(rgb.data());
        return;
    }

    std::vector<std::uint8_t> stored(static_cast<std::size_t>(kept.width) * kept.height * 3);
    picture->decode(stored.data());
    orient(stored.data(), kept.width, kept.height, orientation, rgb.data());
}

// Runs the body; no exception leaves C++.
template <class Body>
std::int32_t guarded(char* message, std::size_t capacity, Body&& body) noexcept {
    const auto say = [&](const char* text) {
        if (message == nullptr || capacity == 0) return;
        std::strncpy(message, text, capacity - 1);
        message[capacity - 1] = '\0';
    };
    try {
        body();
        return TMM_OK;
    } catch (const Failure& failure) {
        say(failure.what());
        return failure.code;
    } catch (const std::bad_alloc&) {
        say("no memory for the picture");
        return TMM_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
        say(error.what());
        return TMM_CORRUPT;
    }
}

}  // namespace
}  // namespace trainmm

int32_t tmm_probe(const uint8_t* bytes, size_t length, const tmm_options* options, tmm_info* info, char* message, size_t capacity) {
    return trainmm::guarded(message, capacity, [&] { trainmm::probe({bytes, length}, *options, *info); });
}

int32_t tmm_decode(const uint8_t* bytes, size_t length, const tmm_options* options, tmm_box* box, uint8_t* rgb, size_t rgb_length, char* message, size_t capacity) {
    return trainmm::guarded(message, capacity, [&] { trainmm::decode({bytes, length}, *options, *box, {rgb, rgb_length}); });
}
