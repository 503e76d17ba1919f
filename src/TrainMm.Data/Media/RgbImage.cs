using System.Buffers;

namespace TrainMm.Data.Media;

/// <summary>8-bit RGB pixels in a rented buffer: [H, W, 3], rows top down, no padding.</summary>
public sealed class RgbImage : IDisposable
{
    /// <summary>Bytes behind the last pixel that may be read and hold anything, so that no row's end needs a path of its own.</summary>
    internal const int Slack = 64;

    private byte[]? buffer;

    /// <summary>Rents room for a picture; the pixels hold whatever was there before.</summary>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    /// <exception cref="OverflowException">The picture has more bytes than an array can hold.</exception>
    public RgbImage(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        Width = width;
        Height = height;
        buffer = ArrayPool<byte>.Shared.Rent(checked((width * height * 3) + Slack));
    }

    /// <summary>Pixels.</summary>
    public int Width { get; private set; }

    /// <summary>Pixels.</summary>
    public int Height { get; private set; }

    /// <summary>All pixels, [H, W, 3].</summary>
    /// <exception cref="ObjectDisposedException">The buffer was given back.</exception>
    public Span<byte> Pixels => PixelsAndSlack[..^Slack];

    /// <summary>All pixels and the slack behind them.</summary>
    internal Span<byte> PixelsAndSlack => (buffer ?? throw new ObjectDisposedException(nameof(RgbImage))).AsSpan(0, (Width * Height * 3) + Slack);

    /// <summary>One row, [W, 3].</summary>
    public Span<byte> Row(int y) => Pixels.Slice(y * Width * 3, Width * 3);

    /// <summary>Makes this the picture of another size that fits in and begins where this one begins.</summary>
    internal void KeepOnly(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)width * height, (long)Width * Height);
        (Width, Height) = (width, height);
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } rented) ArrayPool<byte>.Shared.Return(rented);
    }
}
