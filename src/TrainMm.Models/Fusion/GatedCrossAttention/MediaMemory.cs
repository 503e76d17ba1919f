using TrainMm.Core;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion.GatedCrossAttention;

/// <summary>The soft tokens that each text of a batch may look at, and which medium each position comes after.</summary>
internal sealed class MediaMemory
{
    private const long NoMedium = -1;

    private readonly Tensor times;

    /// <summary>Lays a batch's soft tokens beside its texts.</summary>
    /// <param name="batch">Says where the media stand.</param>
    /// <param name="projected">Modality → [I, Q, Dv].</param>
    public MediaMemory(Batch batch, IReadOnlyDictionary<string, Tensor> projected)
    {
        var (rows, length) = ((int)batch.Ids.shape[0], (int)batch.Ids.shape[1]);
        var media = PlacedMedia.Of(batch, projected);
        var isMedium = new long[rows * length];
        foreach (var medium in media) isMedium[(medium.Row * length) + medium.Column] = 1;
        times = tensor(isMedium, device: batch.Ids.device).view(rows, length).cumsum(1);            // [B, T]
        if (media.Count == 0) return;
        var starts = new Dictionary<string, int>(StringComparer.Ordinal);
        var sum = 0;
        foreach (var (modality, tokens) in projected)
        {
            starts[modality] = sum;
            sum += (int)(tokens.shape[0] * tokens.shape[1]);
        }

        var flat = cat([.. projected.Values.Select(tokens => tokens.reshape(-1, tokens.shape[2]))], 0); // [Σ I·Q, Dv]
        var size = media.GroupBy(medium => medium.Row).Max(row => row.Sum(medium => (int)projected[medium.Modality].shape[1]));
        var (sources, owners) = (new long[rows * size], Enumerable.Repeat(NoMedium, rows * size).ToArray());
        foreach (var row in media.GroupBy(medium => medium.Row))
        {
            var cell = row.Key * size;
            foreach (var (number, medium) in row.Index())
            {
                var count = (int)projected[medium.Modality].shape[1];
                for (var i = 0; i < count; i++, cell++) (sources[cell], owners[cell]) = (starts[medium.Modality] + (medium.Number * count) + i, number + 1);
            }
        }

        Tokens = flat.index_select(0, tensor(sources, device: flat.device)).view(rows, size, -1);    // [B, S, Dv]
        Owners = tensor(owners, device: flat.device).view(rows, size);                              // [B, S]
    }

    /// <summary>[B, S, Dv], each text's soft tokens, the media in the order of their places; shorter rows are filled up with what nothing looks at. Null where the batch has no media.</summary>
    public Tensor? Tokens { get; }

    /// <summary>[B, S], the number in its text, from 1, of the medium that a soft token belongs to.</summary>
    private Tensor? Owners { get; }

    /// <summary>[B, T], how many media stand before a position or at it; what is added to a text comes after all of its media.</summary>
    /// <param name="past">Positions before these.</param>
    /// <param name="length">T.</param>
    public Tensor TimesOf(long past, long length)
    {
        var prompt = times.shape[1];
        var known = Math.Clamp(prompt - past, 0, length);
        var added = times.narrow(1, prompt - 1, 1).expand(times.shape[0], length - known);
        return known == 0 ? added : cat([times.narrow(1, past, known), added], 1);
    }

    /// <summary>[B, 1, T, S], added to the scores: a position sees the soft tokens of the latest medium alone.</summary>
    public Tensor MaskOf(Tensor timesOfCall, ScalarType dtype)
    {
        var hidden = timesOfCall.unsqueeze(2).ne(Owners!.unsqueeze(1)).unsqueeze(1);                // [B, 1, T, S]
        return zeros(hidden.shape, dtype, hidden.device).masked_fill(hidden, finfo(dtype).min);
    }
}
