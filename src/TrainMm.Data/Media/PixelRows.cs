namespace TrainMm.Data.Media;

/// <summary>Rows of pixels in pinned memory, 3 bytes each; <see cref="RgbImage.Slack"/> bytes behind the last row may be read and, in a buffer of one's own, written.</summary>
/// <param name="First">The first row's first byte.</param>
/// <param name="Stride">Bytes from row to row.</param>
/// <param name="Count">Rows.</param>
internal readonly unsafe record struct PixelRows(nint First, int Stride, int Count)
{
    internal byte* this[int row] => (byte*)First + ((nint)row * Stride);
}
