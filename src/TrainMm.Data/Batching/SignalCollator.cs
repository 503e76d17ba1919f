using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;
using TrainMm.Data.Text;
using static TorchSharp.torch;

namespace TrainMm.Data.Batching;

/// <summary>Prepares the media that answers make, and puts those of a batch side by side with their captions.</summary>
internal sealed class SignalCollator(ISampleSource source, IReadOnlyDictionary<string, SignalLayout> layouts, BatchOptions options)
{
    private readonly PreparedMedia prepared = new(source, layouts.Where(pair => pair.Value.Target is not null).ToDictionary(pair => pair.Key, pair => pair.Value.Target!, StringComparer.Ordinal), options);

    /// <summary>The prepared target of each span; without content where the run does not need it.</summary>
    /// <exception cref="DataException">The row does not name a medium or a caption that the run needs, or it cannot be used.</exception>
    internal IReadOnlyList<PreparedMedium> Prepare(TokenizedSample tokens, string origin) => [.. tokens.Signals.Select(span => Prepare(span.Signal, origin))];

    /// <summary>The media to be made of a batch, by modality.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="length">T.</param>
    internal Dictionary<string, SignalBatch> Collate(IReadOnlyList<CollatedSample> samples, int length)
    {
        var items = samples.SelectMany((sample, row) => sample.Tokens.Signals.Select((span, i) => (Span: span, Target: sample.Targets[i], Row: row)));
        return items.Where(item => layouts.ContainsKey(item.Span.Signal.Modality)).GroupBy(item => item.Span.Signal.Modality, StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            group => Stack(group.Key, [.. group], length),
            StringComparer.Ordinal);
    }

    private PreparedMedium Prepare(SignalPart signal, string origin)
    {
        if (!layouts.TryGetValue(signal.Modality, out var layout)) return new PreparedMedium("", default, []);
        if (layout.NeedsCaptions && signal.Caption.Length == 0) throw new DataException($"condition_alignment needs the caption of the {signal.Modality} that the answer makes, and the row has none", origin);
        if (layout.Target is null) return new PreparedMedium("", default, []);
        var target = signal.Target ?? throw new DataException($"the run's objectives need the {signal.Modality} that the answer makes, and the row names none", origin);
        return prepared.Get(target, []);
    }

    private SignalBatch Stack(string modality, (SignalSpan Span, PreparedMedium Target, int Row)[] items, int length)
    {
        var layout = layouts[modality];
        return new SignalBatch
        {
            Places = tensor(items.SelectMany(item => Enumerable.Range((item.Row * length) + item.Span.Start, item.Span.Count), (_, place) => (long)place).ToArray()), // [G·S]
            TokensPerMedium = items[0].Span.Count,
            Rows = [.. items.Select(item => item.Row)],
            Captions = tensor(items.SelectMany(item => layout.IdsOf(item.Span.Signal.Caption)).ToArray(), [items.Length, layout.Tokens]),               // [G, Tc]
            EmptyCaption = tensor(layout.IdsOf("").ToArray(), [1, layout.Tokens]),                                                                        // [1, Tc]
            Targets = layout.Target is null ? null : prepared.Stack(modality, [.. items.Select(item => item.Target)]),                                                // [G, ...]
        };
    }
}
