namespace TrainMm.Data.Media;

/// <summary>A part of a picture.</summary>
/// <param name="Left">Columns to its left.</param>
/// <param name="Top">Rows above it.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
internal readonly record struct PixelBox(int Left, int Top, int Width, int Height)
{
    internal static PixelBox Whole(int width, int height) => new(0, 0, width, height);

    internal bool Contains(PixelBox other) =>
        other.Left >= Left && other.Top >= Top && other.Left + other.Width <= Left + Width && other.Top + other.Height <= Top + Height;
}
