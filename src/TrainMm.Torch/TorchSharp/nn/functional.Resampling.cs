using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor interpolate(
                Tensor x,
                long[]? size = null,
                double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null,
                bool recompute_scale_factor = false,
                bool antialias = false)
            {
                if ((size is null) == (scale_factor is null))
                {
                    throw new ArgumentException("Give either size or scale_factor.");
                }

                if (recompute_scale_factor && scale_factor is not null)
                {
                    size = [.. scale_factor.Select((factor, i) => (long)Math.Floor(x.shape[i + 2] * factor))];
                    scale_factor = null;
                }

                var corners = align_corners ?? false;
                return (mode, x.Dimensions, antialias) switch
                {
                    (InterpolationMode.Nearest, 3, false) => Aten.UpsampleNearest1dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 4, false) => Aten.UpsampleNearest2dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 5, false) => Aten.UpsampleNearest3dVec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 3, false) => Aten.PrivateUpsampleNearestExact1dVec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 4, false) => Aten.PrivateUpsampleNearestExact2dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Linear, 3, false) => Aten.UpsampleLinear1dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 4, false) => Aten.UpsampleBilinear2dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 4, true) => Aten.PrivateUpsampleBilinear2dAaVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 4, false) => Aten.UpsampleBicubic2dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 4, true) => Aten.PrivateUpsampleBicubic2dAaVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Trilinear, 5, false) => Aten.UpsampleTrilinear3dVec.Call(x, size, corners, scale_factor),
                    _ => throw new NotSupportedException($"Interpolation {mode} of {x.Dimensions} dimensions{(antialias ? " with anti-aliasing" : string.Empty)} is not supported."),
                };
            }

            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                Aten.Pad.Call(input, pad, PaddingName(mode), mode is PaddingModes.Constant or PaddingModes.Zeros ? value : Argument.None);

            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, pad.ToArray(), mode, value);

            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12)
            {
                using var scope = NewDisposeScope();
                return input.div(Aten.NormScalarOptDim.Call(input, p, new[] { dim }, true).clamp_min(eps)).MoveToOuterDisposeScope();
            }

            private static string PaddingName(PaddingModes mode) => mode switch
            {
                PaddingModes.Reflect => "reflect",
                PaddingModes.Replicate => "replicate",
                PaddingModes.Circular => "circular",
                _ => "constant",
            };
        }
    }
}
