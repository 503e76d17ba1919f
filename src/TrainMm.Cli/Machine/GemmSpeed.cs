using System.Diagnostics;
using TorchSharp;

namespace TrainMm.Cli.Machine;

/// <summary>How fast this machine multiplies matrices, measured in a fraction of a second.</summary>
public static class GemmSpeed
{
    private const int Size = 1024;
    private const double FloatingPointOperations = 2.0 * Size * Size * Size;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(0.3);

    /// <summary>The best of several products of two square matrices of 1,024, in 10⁹ floating-point operations a second.</summary>
    /// <param name="type">The matrices' element type.</param>
    public static double Measure(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        var (a, b) = (torch.ones(Size, Size).to(type), torch.ones(Size, Size).to(type));
        torch.matmul(a, b).Dispose();
        var all = Stopwatch.StartNew();
        var best = TimeSpan.MaxValue;
        do
        {
            var one = Stopwatch.StartNew();
            torch.matmul(a, b).Dispose();
            if (one.Elapsed < best) best = one.Elapsed;
        }
        while (all.Elapsed < Enough);
        return FloatingPointOperations / best.TotalSeconds / 1e9;
    }
}
