using System.Numerics;

namespace TrainMm.Data.Media.Audio;

/// <summary>
/// The discrete Fourier transform of any length, by its prime factors (Cooley and Tukey, in Stockham's order, which sorts itself): 400 samples, Whisper's window, are no power of two.
/// Thread-safe.
/// </summary>
/// <param name="length">Samples.</param>
internal sealed class FourierTransform(int length)
{
    private readonly int[] factors = [.. Factors(length)];
    private readonly Complex[] roots = [.. Enumerable.Range(0, length).Select(i => Complex.FromPolarCoordinates(1, -2 * Math.PI * i / length))];

    /// <summary>
    /// The power spectra of two real signals at the price of one: they are the real and the imaginary part of one that is transformed, and come apart by its symmetry.
    /// </summary>
    /// <param name="signals">The two signals as real and imaginary parts, replaced by their transform.</param>
    /// <param name="scratch">As long.</param>
    /// <param name="first">Takes length / 2 + 1 powers of the real parts.</param>
    /// <param name="second">Takes those of the imaginary parts.</param>
    public void Powers(Complex[] signals, Complex[] scratch, Span<double> first, Span<double> second)
    {
        var spectrum = Forward(signals, scratch);
        for (var i = 0; i <= length / 2; i++)
        {
            var (value, mirrored) = (spectrum[i], Complex.Conjugate(spectrum[(length - i) % length]));
            first[i] = Square(value + mirrored) / 4;
            second[i] = Square(value - mirrored) / 4;
        }
    }

    /// <summary>Transforms; both arrays are overwritten.</summary>
    /// <returns>The one of the two that holds the transform.</returns>
    internal Complex[] Forward(Complex[] values, Complex[] scratch)
    {
        var (from, to) = (values, scratch);
        var stride = 1;
        foreach (var factor in factors)
        {
            Pass(from, to, factor, length / stride / factor, stride);
            (from, to) = (to, from);
            stride *= factor;
        }

        return from;
    }

    /// <summary>Transforms of one factor's length, each turned as its place in the whole asks.</summary>
    private void Pass(Complex[] from, Complex[] to, int factor, int parts, int stride)
    {
        for (var part = 0; part < parts; part++)
        {
            for (var row = 0; row < factor; row++)
            {
                var turn = roots[(int)(((long)part * row * stride) % length)];
                for (var at = 0; at < stride; at++)
                {
                    var sum = from[at + (stride * part)];
                    for (var i = 1; i < factor; i++) sum += from[at + (stride * (part + (parts * i)))] * roots[((i * row) % factor) * (length / factor)];
                    to[at + (stride * ((factor * part) + row))] = sum * turn;
                }
            }
        }
    }

    private static double Square(Complex value) => (value.Real * value.Real) + (value.Imaginary * value.Imaginary);

    private static IEnumerable<int> Factors(int length)
    {
        for (var factor = 2; length > 1; factor++)
        {
            for (; length % factor == 0; length /= factor) yield return factor;
        }
    }
}
