using TorchSharp;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Audio;

/// <summary>The convolution over time that the layers here share.</summary>
internal static class TimeConvolution
{
    /// <summary>
    /// [I, in, T] → [I, out, N]. Where a gradient is wanted on the CPU it goes step by step of the kernel, as products of matrices: the weight's gradient by libtorch 1.13's own
    /// operator is now and then what the memory held before.
    /// </summary>
    /// <param name="x">[I, in, T].</param>
    /// <param name="weight">[out, in / groups, kernel].</param>
    /// <param name="bias">[out], or null.</param>
    /// <param name="stride">Steps from one output to the next.</param>
    /// <param name="padding">Zeros at either end.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, int stride = 1, int padding = 0, int groups = 1)
    {
        var (w, b) = (weight.CastTo(x.dtype), bias?.CastTo(x.dtype));
        var needsGradient = is_grad_enabled() && (x.requires_grad || weight.requires_grad);
        return needsGradient && x.device.type == DeviceType.CPU ? ByStep(x, w, b, stride, padding, groups) : nn.functional.conv1d(x, w, b, stride, padding, groups: groups);
    }

    private static Tensor ByStep(Tensor x, Tensor weight, Tensor? bias, int stride, int padding, int groups)
    {
        using var scope = NewDisposeScope();
        var (items, kernel) = (x.shape[0], weight.shape[2]);
        var padded = nn.functional.pad(x, (padding, padding));                                        // [I, in, T + 2 padding]
        var count = ((padded.shape[2] - kernel) / stride) + 1;                                        // N
        var grouped = padded.reshape(items, groups, -1, padded.shape[2]);                             // [I, groups, in / groups, T + 2 padding]
        var steps = weight.reshape(groups, -1, weight.shape[1], kernel);                              // [groups, out / groups, in / groups, kernel]
        var sum = zeros([items, groups, steps.shape[1], count], x.dtype, x.device);                   // [I, groups, out / groups, N]
        for (var k = 0; k < kernel; k++) sum = sum.add(steps.select(3, k).matmul(grouped.slice(3, k, k + ((count - 1) * stride) + 1, stride)));
        var joined = sum.reshape(items, -1, count);                                                   // [I, out, N]
        return (bias is null ? joined : joined.add(bias.unsqueeze(-1))).MoveToOuterDisposeScope();
    }
}
