using System.Buffers;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media;

/// <summary>A resize of which only a part is wanted: what of the picture it needs, and the part as the whole resize would have it, bit for bit. Thread-safe.</summary>
internal sealed class ResizePlan
{
    private readonly PixelBox kept;
    private readonly ResampleWeights columns;
    private readonly ResampleWeights rows;

    /// <summary>For pictures of one size.</summary>
    /// <param name="from">The picture's size.</param>
    /// <param name="to">The size that it is resized to.</param>
    /// <param name="kept">What is wanted of the resized picture.</param>
    /// <param name="resampling">The filter.</param>
    internal ResizePlan((int Width, int Height) from, (int Width, int Height) to, PixelBox kept, Resampling resampling)
    {
        this.kept = kept;
        columns = ResampleWeights.Create(from.Width, to.Width, resampling, kept.Left, kept.Width);
        rows = ResampleWeights.Create(from.Height, to.Height, resampling, kept.Top, kept.Height);
    }

    /// <summary>What of the picture the kept part is made of.</summary>
    internal PixelBox Needed => new(columns.Inputs.First, rows.Inputs.First, columns.Inputs.Count, rows.Inputs.Count);

    /// <summary>Resizes.</summary>
    /// <param name="pixels">Pixels of the picture.</param>
    /// <param name="box">Which they are; they hold at least <see cref="Needed"/>.</param>
    /// <param name="target">Where the kept part's first row begins.</param>
    /// <param name="targetStride">Bytes from row to row of the target.</param>
    /// <param name="lanes">With what instructions.</param>
    internal unsafe void Run(RgbImage pixels, PixelBox box, Span<byte> target, int targetStride, ResizeLanes lanes)
    {
        if (!box.Contains(Needed) || (pixels.Width, pixels.Height) != (box.Width, box.Height)) throw new ArgumentException("These are not the pixels that are needed.", nameof(box));
        var (bytes, sourceStride) = (kept.Width * 3, box.Width * 3);

        // So long that both passes may end each row with a whole vector.
        var stride = (bytes + RowGroups.Overhang + 63) / 64 * 64;
        var between = ArrayPool<byte>.Shared.Rent(checked((rows.Inputs.Count * stride) + RgbImage.Slack));
        fixed (byte* source = pixels.PixelsAndSlack, middle = between)
        {
            var first = source + ((nint)(rows.Inputs.First - box.Top) * sourceStride) - (box.Left * 3);
            var narrowed = new PixelRows((nint)middle, stride, rows.Inputs.Count);
            RowPass.Run(new PixelRows((nint)first, sourceStride, rows.Inputs.Count), narrowed, columns, lanes);
            ColumnPass.Run(narrowed, rows.Inputs.First, target, targetStride, bytes, rows, lanes);
        }

        ArrayPool<byte>.Shared.Return(between);
    }
}
