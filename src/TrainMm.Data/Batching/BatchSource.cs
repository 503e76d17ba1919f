using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Instructions;

namespace TrainMm.Data.Batching;

/// <summary>
/// Batches of a source by position: what is in a batch depends on the order and the position alone, never on what was loaded before or on which thread. Thread-safe.
/// </summary>
/// <param name="source">The samples.</param>
/// <param name="order">Which sample stands at which position.</param>
/// <param name="tokenizer">Turns samples into ids, labels and spans.</param>
/// <param name="media">What the model wants of each modality.</param>
/// <param name="options">Threads, cache, decoding.</param>
/// <param name="signals">What the run wants of the media of each modality that are to be made; null: nothing.</param>
public sealed class BatchSource(
    ISampleSource source, IRunOrder order, ISampleTokenizer tokenizer, IReadOnlyDictionary<string, MediumLayout> media, BatchOptions options, IReadOnlyDictionary<string, SignalLayout>? signals = null)
{
    private readonly PreparedMedia prepared = new(source, media.ToDictionary(pair => pair.Key, pair => pair.Value.Spec, StringComparer.Ordinal), options);
    private readonly SignalCollator made = new(source, signals ?? new Dictionary<string, SignalLayout>(StringComparer.Ordinal), options);

    /// <summary>Batches of a source in which each epoch has every sample once.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="order">Which sample stands at which place of an epoch.</param>
    /// <param name="tokenizer">Turns samples into ids, labels and spans.</param>
    /// <param name="media">What the model wants of each modality.</param>
    /// <param name="options">Threads, cache, decoding.</param>
    /// <param name="signals">What the run wants of the media of each modality that are to be made; null: nothing.</param>
    public BatchSource(ISampleSource source, SampleOrder order, ISampleTokenizer tokenizer, IReadOnlyDictionary<string, MediumLayout> media, BatchOptions options, IReadOnlyDictionary<string, SignalLayout>? signals = null)
        : this(source, new WholeSetOrder(order, source.Count), tokenizer, media, options, signals)
    {
    }

    /// <summary>The samples.</summary>
    public ISampleSource Samples => source;

    /// <summary>Takes the samples that cannot be used, which batches are then without; null: one that cannot be used is an error.</summary>
    public BadSamples? Bad { get; init; }

    /// <summary>Samples in one epoch.</summary>
    public long SamplesPerEpoch => order.SamplesPerEpoch;

    /// <summary>Loads the samples at consecutive positions of an endless run: the epoch is position / <see cref="SamplesPerEpoch"/>.</summary>
    /// <param name="firstPosition">From 0.</param>
    /// <param name="count">Samples in the batch, at least 1.</param>
    /// <returns>B = count, less those that were set aside; the caller disposes it.</returns>
    /// <exception cref="DataException">A row or a medium cannot be used and is not set aside, or all of them are.</exception>
    public Batch Load(long firstPosition, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        int[] indices = [.. Enumerable.Range(0, count).Select(i => order.At(firstPosition + i))];
        return Usable(indices, i => Collate(indices[i], indices[i], (firstPosition + i) / order.SamplesPerEpoch));
    }

    /// <summary>Loads samples by their index in the source, for evaluation.</summary>
    /// <param name="indices">At least one.</param>
    /// <param name="mediaFrom">
    /// For each sample, the sample whose media it is given instead of its own (the shuffled-media control), or null for none, which leaves out their places too; null: all keep their own.
    /// </param>
    /// <param name="madeFrom">For each sample the sample whose captions and media that are to be made stand in for its own; its text is its own. null: all keep their own.</param>
    /// <returns>In the order asked for; the caller disposes it.</returns>
    /// <exception cref="DataException">A row or a medium cannot be used and is not set aside (with other samples' media none is), or those media do not fit into this one's places.</exception>
    public Batch LoadSamples(IReadOnlyList<int> indices, IReadOnlyList<int?>? mediaFrom = null, IReadOnlyList<int>? madeFrom = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(indices.Count);
        if (mediaFrom is null && madeFrom is null) return Usable(indices, i => Collate(indices[i], indices[i]));
        if (mediaFrom is not null) ArgumentOutOfRangeException.ThrowIfNotEqual(mediaFrom.Count, indices.Count);
        var samples = new CollatedSample[indices.Count];
        OrderedWork.Run(samples.Length, options.Workers, i => samples[i] = Collate(indices[i], mediaFrom is null ? indices[i] : mediaFrom[i], madeIndex: madeFrom?[i]));
        return new Collator(prepared, media, made).Collate(samples);
    }

    /// <summary>Loads conversations up to where the assistant is to speak, for generation. A last answer is left out, and nothing is supervised.</summary>
    /// <param name="indices">At least one.</param>
    /// <returns>In the order asked for; the caller disposes it.</returns>
    /// <exception cref="DataException">A row or a medium cannot be used, or a prompt is longer than allowed.</exception>
    public Batch LoadPrompts(IReadOnlyList<int> indices)
    {
        ArgumentOutOfRangeException.ThrowIfZero(indices.Count);
        var samples = new CollatedSample[indices.Count];
        OrderedWork.Run(samples.Length, options.Workers, i =>
        {
            var sample = source.Read(indices[i]);
            samples[i] = Collate(indices[i], sample, tokenizer.TokenizePrompt(sample), [.. sample.Media]);
        });
        return new Collator(prepared, media, made).Collate(samples);
    }

    /// <summary>The samples that can be used, in their order, as a batch.</summary>
    private Batch Usable(IReadOnlyList<int> indices, Func<int, CollatedSample> collate)
    {
        var samples = new CollatedSample?[indices.Count];
        var faults = new DataException?[indices.Count];
        OrderedWork.Run(samples.Length, options.Workers, i =>
        {
            try
            {
                samples[i] = collate(i);
            }
            catch (DataException fault) when (Bad is not null && !fault.EndsRun)
            {
                faults[i] = fault;
            }
        });
        for (var i = 0; i < faults.Length; i++)
        {
            if (faults[i] is { } fault) Bad!.SetAside(source.Describe(indices[i], fault), source.Count, fault);
        }

        CollatedSample[] usable = [.. samples.OfType<CollatedSample>()];
        if (usable.Length == 0) throw new DataException($"None of the {indices.Count} samples of a batch can be used; the first: {faults[0]!.Message}", inner: faults[0]);
        return new Collator(prepared, media, made).Collate(usable);
    }

    private CollatedSample Collate(int index, int? mediaIndex, long epoch = 0, int? madeIndex = null)
    {
        FaultPoint.Reached(FaultPoint.Decode);
        var sample = source.Read(index) with { Epoch = epoch };
        if (mediaIndex is null) sample = sample.WithoutMedia();
        var tokens = tokenizer.Tokenize(sample).Sample
            ?? throw new DataException("The sample is longer than allowed and was to be left out, but it is still in the data set.", sample.Origin);
        if (madeIndex is { } from && from != index) tokens = tokens with { Signals = Exchanged(tokens.Signals, from, sample.Origin) };
        var own = sample.Media.ToArray();
        var given = mediaIndex is not { } other || other == index ? own : [.. source.Read(other).Media];
        if (!own.Select(medium => medium.Modality).SequenceEqual(given.Select(medium => medium.Modality), StringComparer.Ordinal))
            throw new DataException($"The media of sample {mediaIndex} do not fit into the places of this one.", sample.Origin);
        return Collate(index, sample, tokens, given) with { Captions = options.Captions.ToDictionary(pair => pair.Key, pair => pair.Value.Encode(AnswerText.Of(sample))) };
    }

    /// <summary>The same places, for what another sample's answers make.</summary>
    private SignalSpan[] Exchanged(IReadOnlyList<SignalSpan> places, int other, string origin)
    {
        var given = source.Read(other).Made.Take(places.Count).ToArray();
        if (!places.Select(place => place.Signal.Modality).SequenceEqual(given.Select(signal => signal.Modality), StringComparer.Ordinal))
            throw new DataException($"What sample {other} makes does not fit into the places of this one.", origin);
        return [.. places.Zip(given, (place, signal) => place with { Signal = signal })];
    }

    /// <summary>The sample with the media that it is given; the instruction that goes with each is the sample's own.</summary>
    private CollatedSample Collate(int index, Sample sample, TokenizedSample tokens, MediumReference[] given)
    {
        var questions = MediumInstructions.QuestionsOf(sample);
        return new CollatedSample(index, sample.Id, tokens, [.. tokens.Media.Select(span => prepared.Get(given[span.MediumIndex], media[span.Modality].Instructions?.Encode(questions[span.MediumIndex]) ?? []))])
        {
            Targets = made.Prepare(tokens, sample.Origin),
        };
    }
}
