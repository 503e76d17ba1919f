using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.CrossAttention;

/// <summary>Sines and cosines of a place's column and row (arXiv:1706.03762, section 3.5, in two dimensions as in MAE, arXiv:2111.06377).</summary>
internal static class SinePositions
{
    private const double Base = 10000;

    /// <summary>A table for a square: [side², width] float32, row by row; its first half of dimensions tells the column, its second the row.</summary>
    /// <param name="side">Places along a side.</param>
    /// <param name="width">A multiple of four.</param>
    /// <param name="device">Where it shall lie.</param>
    public static Tensor Table(long side, long width, Device device)
    {
        var along = Line(side, width / 2, device);                                                           // [side, width / 2]
        var columns = along.unsqueeze(0).expand(side, side, width / 2);
        var rows = along.unsqueeze(1).expand(side, side, width / 2);
        return cat([columns, rows], 2).reshape(side * side, width);
    }

    /// <summary>The table of one square drawn over another, as positions of images of another size are: [side², width].</summary>
    public static Tensor Stretch(Tensor table, long side)
    {
        var (from, width) = ((long)Math.Sqrt(table.shape[0]), table.shape[1]);
        if (from == side) return table;
        var image = table.reshape(1, from, from, width).permute(0, 3, 1, 2);                                 // [1, width, from, from]
        var stretched = nn.functional.interpolate(image, size: [side, side], mode: InterpolationMode.Bicubic, align_corners: false);
        return stretched.permute(0, 2, 3, 1).reshape(side * side, width);
    }

    private static Tensor Line(long side, long width, Device device)
    {
        var frequencies = arange(width / 2, ScalarType.Float64, device).div(width / 2.0).mul(-Math.Log(Base)).exp(); // [width / 2]
        var angles = arange(side, ScalarType.Float64, device).unsqueeze(1).mul(frequencies);                 // [side, width / 2]
        return cat([angles.sin(), angles.cos()], 1).to_type(ScalarType.Float32);
    }
}
