#include "picture.h"

#include <cstring>

namespace trainmm {
namespace {

constexpr std::uint16_t orientation_tag = 0x0112;
constexpr std::size_t entry_size = 12;

class TiffReader {
public:
    TiffReader(Bytes block, bool little_endian) : block(block), little_endian(little_endian) {}

    bool holds(std::size_t offset, std::size_t count) const { return offset <= block.size() && count <= block.size() - offset; }

    std::uint16_t u16(std::size_t at) const {
        return static_cast<std::uint16_t>(little_endian ? block[at] | block[at + 1] << 8 : block[at] << 8 | block[at + 1]);
    }

    std::uint32_t u32(std::size_t at) const {
        return little_endian ? u16(at) | static_cast<std::uint32_t>(u16(at + 2)) << 16 : static_cast<std::uint32_t>(u16(at)) << 16 | u16(at + 2);
    }

private:
    Bytes block;
    bool little_endian;
};

}  // namespace

int exif_orientation(Bytes block) {
    if (block.size() >= 6 && std::memcmp(block.data(), "Exif\0\0", 6) == 0) block = block.subspan(6);
    if (block.size() < 8) return 1;
    const bool little = std::memcmp(block.data(), "II*\0", 4) == 0;
    if (!little && std::memcmp(block.data(), "MM\0*", 4) != 0) return 1;

    const TiffReader tiff(block, little);
    const std::size_t directory = tiff.u32(4);
    if (!tiff.holds(directory, 2)) return 1;
    const std::size_t entries = tiff.u16(directory);
    for (std::size_t i = 0; i < entries; i++) {
        const std::size_t entry = directory + 2 + i * entry_size;
        if (!tiff.holds(entry, entry_size)) return 1;
        if (tiff.u16(entry) != orientation_tag) continue;
        const int value = tiff.u16(entry + 8);
        return value >= 1 && value <= 8 ? value : 1;
    }

    return 1;
}

}  // namespace trainmm
