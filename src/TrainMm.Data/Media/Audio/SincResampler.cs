using System.Numerics;

namespace TrainMm.Data.Media.Audio;

/// <summary>
/// Brings sound to another rate: a sinc low-pass under a Kaiser window, one row of weights for each of the places between two samples that the output meets (polyphase).
/// The pass band ends at 0.905 of the lower rate's half; from its half on nothing is left above −95 dB.
/// </summary>
internal static class SincResampler
{
    /// <summary>Zero crossings of the sinc to each side: with the window below they set how steep the filter is.</summary>
    private const int ZeroCrossings = 64;

    /// <summary>Where the filter is half open, as a share of the lower rate's half.</summary>
    private const double CutOff = 0.9525;

    /// <summary>Kaiser's β for 100 dB: 0.1102 (A − 8.7).</summary>
    private const double Beta = 10.06;

    /// <summary>Gives ⌈n · to / from⌉ samples; the first stands where the first of the input stood.</summary>
    /// <param name="input">n samples.</param>
    /// <param name="from">Their rate.</param>
    /// <param name="to">The rate that is wanted.</param>
    public static float[] Resample(ReadOnlySpan<float> input, int from, int to)
    {
        if (from == to) return input.ToArray();
        var common = (int)BigInteger.GreatestCommonDivisor(from, to);
        var (down, up) = (from / common, to / common);
        var cutOff = CutOff * Math.Min(1, (double)to / from);
        var reach = (int)Math.Ceiling(ZeroCrossings / cutOff);
        var padded = new float[input.Length + (2 * reach)];
        input.CopyTo(padded.AsSpan(reach));
        var kernels = new float[]?[up];
        var output = new float[(((long)input.Length * up) + down - 1) / down];
        for (var i = 0; i < output.Length; i++)
        {
            var (whole, phase) = Math.DivRem((long)i * down, up);
            var kernel = kernels[phase] ??= Kernel((double)phase / up, cutOff, reach);
            output[i] = Dot(padded.AsSpan((int)whole, kernel.Length), kernel);
        }

        return output;
    }

    /// <summary>The weights of the samples from −reach to +reach about a place between two samples.</summary>
    private static float[] Kernel(double offset, double cutOff, int reach)
    {
        var weights = new double[(2 * reach) + 1];
        for (var i = 0; i < weights.Length; i++)
        {
            var distance = i - reach - offset;
            if (Math.Abs(distance) < reach) weights[i] = Sinc(cutOff * distance) * Kaiser(distance / reach);
        }

        var gain = weights.Sum(); // a constant stays what it is
        return [.. weights.Select(weight => (float)(weight / gain))];
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    private static double Kaiser(double x) => Bessel(Beta * Math.Sqrt(1 - (x * x))) / Bessel(Beta);

    /// <summary>The modified Bessel function of order 0, by its series.</summary>
    private static double Bessel(double x)
    {
        var (sum, term) = (1.0, 1.0);
        for (var k = 1; term > sum * 1e-17; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }

        return sum;
    }

    private static float Dot(ReadOnlySpan<float> samples, ReadOnlySpan<float> weights)
    {
        var total = Vector<float>.Zero;
        var i = 0;
        for (; i + Vector<float>.Count <= weights.Length; i += Vector<float>.Count) total += new Vector<float>(samples[i..]) * new Vector<float>(weights[i..]);
        var sum = Vector.Sum(total);
        for (; i < weights.Length; i++) sum += samples[i] * weights[i];
        return sum;
    }
}
