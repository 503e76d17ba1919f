using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Generation;

/// <summary>Continues texts token by token, greedily or by sampling, with a cache of keys and values. Prompts of several lengths may stand side by side.</summary>
/// <param name="model">The language model.</param>
public sealed class TextDecoder(ILanguageModel model)
{
    /// <summary>Continues each row of the prompt until a stop id or the most tokens.</summary>
    /// <param name="prompt">The prompts.</param>
    /// <param name="options">How the tokens are chosen.</param>
    /// <param name="onToken">Told each row and token as it comes; null where nobody listens.</param>
    /// <returns>The new ids of each row, its stop id included.</returns>
    public IReadOnlyList<int[]> Generate(GenerationPrompt prompt, GenerationOptions options, Action<int, int>? onToken = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (rows, length) = (prompt.Embeddings.shape[0], prompt.Embeddings.shape[1]);
        using var cache = new KeyValueCache((int)length + options.MaxNewTokens);
        var sampler = new TokenSampler(options);
        var mask = prompt.AttentionMask.CastTo(ScalarType.Bool);                                        // [B, T]
        var lengths = mask.sum(1, type: ScalarType.Int64);                                              // [B]
        var positions = prompt.Positions ?? mask.to_type(ScalarType.Int64).cumsum(1).sub(1).clamp(min: 0); // [B, T]
        var prefix = model.Spec.HasPrefix ? lengths.sub(1) : null;                                     // [B]
        var following = prompt.Positions is null ? lengths : positions.mul(mask).amax([1]).add(1);         // [B], the position of the first new token
        var hidden = model.Decode(prompt.Embeddings, new() { AttentionMask = mask, Positions = positions, AdapterMask = prompt.MediaMask, Fusion = prompt.Fusion, PrefixLengths = prefix, Cache = cache });
        var last = mask.to_type(ScalarType.Int64).mul(arange(length, ScalarType.Int64, mask.device)).argmax(1); // [B], each row's last real token
        var next = hidden.gather(1, last.view(-1, 1, 1).expand(rows, 1, hidden.shape[2]));              // [B, 1, D]
        var texts = Enumerable.Range(0, (int)rows).Select(_ => new List<int>()).ToArray();
        var open = Enumerable.Repeat(element: true, (int)rows).ToArray();
        for (var step = 0; ; step++)
        {
            using var each = NewDisposeScope();
            var chosen = sampler.Choose(model.Logits(next.select(1, 0)), step);                         // B ids
            Accept(chosen, texts, open, options, onToken);
            if (step + 1 == options.MaxNewTokens || !open.Contains(value: true)) return [.. texts.Select(text => text.ToArray())];
            var grown = cat([mask, ones([rows, 1], ScalarType.Bool, mask.device)], 1);                  // [B, T + step + 1]
            var embedded = model.Embed(tensor(chosen, ScalarType.Int64, mask.device).unsqueeze(1));     // [B, 1, D]
            var state = model.Decode(embedded, new() { AttentionMask = grown, Positions = following.add(step).unsqueeze(1), Fusion = prompt.Fusion, PrefixLengths = prefix, Cache = cache });
            mask.Dispose();
            next.Dispose();
            mask = each.MoveToOuter(grown);
            next = each.MoveToOuter(state);
        }
    }

    private static void Accept(long[] chosen, List<int>[] texts, bool[] open, GenerationOptions options, Action<int, int>? onToken)
    {
        for (var row = 0; row < chosen.Length; row++)
        {
            if (!open[row]) continue;
            var id = (int)chosen[row];
            texts[row].Add(id);
            onToken?.Invoke(row, id);
            if (options.StopIds.Contains(id)) open[row] = false;
        }
    }
}
