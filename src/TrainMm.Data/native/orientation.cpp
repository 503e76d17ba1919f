#include "picture.h"

#include <cstddef>

namespace trainmm {

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
