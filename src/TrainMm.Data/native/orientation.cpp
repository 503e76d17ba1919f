#include "picture.h"

#include <cstddef>

namespace trainmm {

Box turned(Box box, int width, int height, int orientation) {
    const int right = width - box.left - box.width;
    const int bottom = height - box.top - box.height;
    switch (orientation) {
        case 2: return {right, box.top, box.width, box.height};
        case 3: return {right, bottom, box.width, box.height};
        case 4: return {box.left, bottom, box.width, box.height};
        case 5: return {box.top, box.left, box.height, box.width};
        case 6: return {bottom, box.left, box.height, box.width};
        case 7: return {bottom, right, box.height, box.width};
        case 8: return {box.top, right, box.height, box.width};
        default: return box;
    }
}

// Each orientation is a walk over the output: where its first pixel lies in the source, and the steps to the next column and row (EXIF 2.32, tag 274).
void orient(const std::uint8_t* rgb, int width, int height, int orientation, std::uint8_t* output) {
    const std::ptrdiff_t right = 3;
    const std::ptrdiff_t down = static_cast<std::ptrdiff_t>(width) * 3;
    const std::ptrdiff_t last_column = (width - 1) * right;
    const std::ptrdiff_t last_row = (height - 1) * down;
    std::ptrdiff_t start = 0, column = right, row = down;
    switch (orientation) {
        case 2: start = last_column, column = -right, row = down; break;
        case 3: start = last_row + last_column, column = -right, row = -down; break;
        case 4: start = last_row, column = right, row = -down; break;
        case 5: start = 0, column = down, row = right; break;
        case 6: start = last_row, column = -down, row = right; break;
        case 7: start = last_row + last_column, column = -down, row = -right; break;
        case 8: start = last_column, column = down, row = -right; break;
        default: break;
    }

    const int output_width = turns_sideways(orientation) ? height : width;
    const int output_height = turns_sideways(orientation) ? width : height;
    for (int y = 0; y < output_height; y++) {
        const std::uint8_t* source = rgb + start + y * row;
        for (int x = 0; x < output_width; x++, source += column, output += 3) {
            output[0] = source[0];
            output[1] = source[1];
            output[2] = source[2];
        }
    }
}

}  // namespace trainmm
