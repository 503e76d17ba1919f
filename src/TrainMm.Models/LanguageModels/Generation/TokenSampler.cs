using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Generation;

/// <summary>Chooses each row's next token. A draw depends on the seed, the step and the row alone.</summary>
/// <param name="options">Temperature, nucleus and seed.</param>
internal sealed class TokenSampler(GenerationOptions options)
{
    /// <summary>[B, V] → B ids.</summary>
    public long[] Choose(Tensor logits, int step)
    {
        if (options.Temperature == 0) return logits.argmax(-1).cpu().data<long>().ToArray();
        var (sorted, order) = logits.CastTo(ScalarType.Float32).div(options.Temperature).softmax(-1).cpu().sort(-1, descending: true, stable: true);
        var probabilities = sorted.data<float>().ToArray();
        var ids = order.data<long>().ToArray();
        var vocabulary = (int)logits.shape[^1];
        var chosen = new long[logits.shape[0]];
        for (var row = 0; row < chosen.Length; row++)
            chosen[row] = ids[(row * vocabulary) + Draw(probabilities.AsSpan(row * vocabulary, vocabulary), step, row)];
        return chosen;
    }

    /// <summary>An index into probabilities that fall: the likeliest first, and no further than where they reach the nucleus.</summary>
    private int Draw(ReadOnlySpan<float> probabilities, int step, int row)
    {
        var kept = 0;
        var mass = 0.0;
        while (kept < probabilities.Length && (kept == 0 || mass < options.TopP)) mass += probabilities[kept++];
        var point = Uniform(step, row) * mass;
        for (var i = 0; i < kept; i++)
        {
            point -= probabilities[i];
            if (point < 0) return i;
        }

        return kept - 1;
    }

    /// <summary>A number in [0, 1) from SplitMix64's output function, keyed instead of stepped.</summary>
    private double Uniform(int step, int row)
    {
        var state = Mix(Mix(options.Seed + 0x9E3779B97F4A7C15) ^ (((ulong)(uint)step << 32) | (uint)row));
        return (state >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
