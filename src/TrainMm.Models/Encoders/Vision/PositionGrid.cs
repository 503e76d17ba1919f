using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Learned positions of a square grid, brought to another grid by bicubic interpolation; those of class tokens are kept (ViT, arXiv:2010.11929, section 3.2).</summary>
internal static class PositionGrid
{
    /// <summary>What DINOv2 adds to the grid's sides before it divides them, so that rounding cannot take a row away.</summary>
    private const double Offset = 0.1;

    /// <summary>To a grid of this size exactly.</summary>
    /// <param name="positions">[P + G · G, De], class tokens first.</param>
    /// <param name="classTokens">P.</param>
    /// <param name="rows">Patches in a column.</param>
    /// <param name="columns">Patches in a row.</param>
    /// <param name="antialias">Whether shrinking takes all of the old grid into account, as open_clip does.</param>
    /// <returns>[P + rows · columns, De].</returns>
    public static Tensor Resize(Tensor positions, long classTokens, long rows, long columns, bool antialias = false)
    {
        var side = Side(positions, classTokens);
        if (rows == side && columns == side) return positions;
        return Replace(positions, classTokens, grid => nn.functional.interpolate(grid, size: [rows, columns], mode: InterpolationMode.Bicubic, align_corners: false, antialias: antialias));
    }

    /// <summary>
    /// By a factor a little above that of the sides, as DINOv2's code and Hugging Face's ViT and DINOv2 do. The factor decides where the old grid is looked up, so that
    /// the result is another than <see cref="Resize"/>'s; and, as there, a picture that is not square is interpolated whatever its grid.
    /// </summary>
    /// <param name="positions">[P + G · G, De], class tokens first.</param>
    /// <param name="classTokens">P.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <returns>[P + H/patch · W/patch, De].</returns>
    public static Tensor Rescale(Tensor positions, long classTokens, long height, long width, long patch)
    {
        var side = Side(positions, classTokens);
        var (rows, columns) = (height / patch, width / patch);
        if (rows * columns == side * side && height == width) return positions;
        double[] factors = [(rows + Offset) / side, (columns + Offset) / side];
        return Replace(positions, classTokens, grid => nn.functional.interpolate(grid, scale_factor: factors, mode: InterpolationMode.Bicubic, align_corners: false));
    }

    private static long Side(Tensor positions, long classTokens) => (long)Math.Round(Math.Sqrt(positions.shape[0] - classTokens));

    /// <summary>Interpolates in fp32, as the references do.</summary>
    private static Tensor Replace(Tensor positions, long classTokens, Func<Tensor, Tensor> interpolate)
    {
        var (side, width) = (Side(positions, classTokens), positions.shape[1]);
        var patches = positions.narrow(0, classTokens, side * side).CastTo(ScalarType.Float32);
        var grid = patches.reshape(1, side, side, width).permute(0, 3, 1, 2);                                  // [1, De, G, G]
        var resized = interpolate(grid).permute(0, 2, 3, 1).reshape(-1, width).CastTo(positions.dtype);        // [rows · columns, De]
        return classTokens == 0 ? resized : cat([positions.narrow(0, 0, classTokens), resized], 0);
    }
}
