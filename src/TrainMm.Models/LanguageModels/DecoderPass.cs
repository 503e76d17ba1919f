using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>What every layer of one call shares: made once, used L times.</summary>
/// <param name="Positions">[B or 1, T] int64.</param>
/// <param name="Mask">[B, 1, T, P + T], added to the scores, T being the longest of several texts in a row; null where nothing is hidden.</param>
/// <param name="MediaRows">The media's positions; null where neither adapter nor fusion asks for them.</param>
/// <param name="Cache">Keys and values of what came before.</param>
internal sealed record DecoderPass(Tensor Positions, Tensor? Mask, MediaRows? MediaRows, KeyValueCache? Cache)
{
    /// <summary>The angles of the call's positions.</summary>
    /// <exception cref="InvalidOperationException">The model has no rotary positions.</exception>
    public RotaryTable Rotary => Angles ?? throw new InvalidOperationException("The model has no rotary positions.");

    /// <summary>What each layer with routed experts adds: [B·T, E], the router's logits; null where nobody asks for them.</summary>
    public List<Tensor>? RouterLogits { get; private init; }

    /// <summary>[S] flat indices of the positions that the last layer goes on with behind its attention; null: all.</summary>
    public Tensor? Wanted { get; private init; }

    /// <summary>What a fusion does within the layers; null is nothing.</summary>
    public ILayerFusion? Fusion { get; private init; }

    /// <summary>Which of the wanted positions are the media's; null where neither adapter nor fusion asks for them.</summary>
    public MediaRows? WantedMediaRows { get; private init; }

    /// <summary>For each layer keys and values that stand before all others; null is none.</summary>
    public IReadOnlyList<(Tensor Keys, Tensor Values)>? LearnedPrefix { get; private init; }

    /// <summary>The lengths of texts that stand end to end in the only row; null where each row is a text.</summary>
    public IReadOnlyList<long>? Sequences { get; private init; }

    /// <summary>[n, 5] the texts, where each sees itself causally and nothing hides or adds anything, so that there is no mask (<see cref="CausalSpans"/>); null where there is one.</summary>
    public Tensor? Spans { get; private init; }

    private RotaryTable? Angles { get; init; }

    private SlidingWindow? Window { get; init; }

    private Tensor? WindowMask { get; init; }

    /// <summary>Prepares a call.</summary>
    /// <param name="embeddings">[B, T, D].</param>
    /// <param name="input">What the caller said.</param>
    /// <param name="rotary">The model's rotary embedding, if it has one.</param>
    /// <param name="window">The window of some or all layers, if there is one.</param>
    /// <param name="positions">[B or 1, T] int64, for models that count them in a way of their own.</param>
    /// <param name="angles">The angles, for models that turn in a way of their own.</param>
    /// <param name="prefix">[B, P + T] bool, true at the tokens that all may look at; null is none.</param>
    /// <exception cref="InvalidOperationException">Several texts in a row are to be continued, or have prefixes that see themselves.</exception>
    public static DecoderPass Begin(Tensor embeddings, DecoderInput input, RotaryEmbedding? rotary = null, SlidingWindow? window = null, Tensor? positions = null, RotaryTable? angles = null, Tensor? prefix = null)
    {
        var length = embeddings.shape[1];
        if (input.Sequences is not null && (input.Cache is not null || prefix is not null)) throw new InvalidOperationException("Texts that stand end to end in a row cannot be continued, nor have prefixes that see themselves.");
        var past = input.Cache?.Length ?? 0;
        positions ??= input.Positions ?? arange(past, past + length, ScalarType.Int64, embeddings.device).unsqueeze(0); // [B or 1, T]
        if (input.LearnedPrefix is { } learned) positions = positions.add(learned[0].Keys.shape[2]);
        var spans = CausalSpans.Of(embeddings, input, window?.Reach, prefix is not null);
        return new DecoderPass(positions, MaskWithin(reach: null), MediaRowsOf(input.AdapterMask, input.Fusion), input.Cache)
        {
            Spans = spans,
            LearnedPrefix = input.LearnedPrefix,
            Angles = angles ?? rotary?.At(positions, embeddings.dtype),
            Sequences = input.Sequences,
            Window = window,
            WindowMask = window is null ? null : MaskWithin(window.Reach),
            RouterLogits = input.Routing is null ? null : [],
            Fusion = input.Fusion,
            Wanted = input.Wanted,
            WantedMediaRows = input.Wanted is null ? null : MediaRowsOf(input.AdapterMask?.reshape(-1).index_select(0, input.Wanted), input.Fusion),
        };

        Tensor? MaskWithin(int? reach)
        {
            if (spans is not null) return null;
            var rows = input.Sequences?.Max() ?? length;
            var attended = input.Sequences is null ? input.AttentionMask : null;
            var mask = Attention.CausalMask(rows, past, attended, embeddings.dtype, embeddings.device, reach, prefix); // [B or 1, 1, T, P + T]
            if (mask is null || input.LearnedPrefix is null) return mask;
            return cat([zeros([mask.shape[0], 1, rows, input.LearnedPrefix[0].Keys.shape[2]], mask.dtype, mask.device), mask], -1);
        }
    }

    /// <summary>[B, 1, T, P + T], what is added to the scores of a layer, T being the longest of several texts in a row; null where nothing is hidden from it.</summary>
    public Tensor? MaskOf(int layer) => Window?.Covers(layer) ?? false ? WindowMask : Mask;

    /// <summary>[B, T, D] → [S, D] at the wanted positions.</summary>
    public Tensor AtWanted(Tensor states) => states.reshape(-1, states.shape[^1]).index_select(0, Wanted!);

    /// <summary>The true places of [B, T]; null where there are none.</summary>
    public static MediaRows? MediaRowsOf(Tensor? mask, ILayerFusion? fusion = null)
    {
        if (mask is null) return null;
        var rows = mask.reshape(-1).nonzero().squeeze(-1); // [M]
        return rows.shape[0] == 0 ? null : new MediaRows(rows, fusion);
    }
}
