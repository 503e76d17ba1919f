using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Models.LanguageModels.Signals;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>
/// Frozen pre-trained parts joined into one model (the survey's general architecture, arXiv:2401.13601, section 2): encoder → input projector → fusion → language model.
/// Parameters are named <c>image.encoder.…</c>, <c>image.input_projector.…</c>, <c>image.output_projector.…</c>, <c>image.generator.…</c>, <c>language_model.…</c>, <c>signal_tokens.…</c>, <c>fusion.…</c> and <c>objectives.…</c>, and below that as in the official checkpoints.
/// </summary>
public sealed class MultimodalModel : NamedModule
{
    /// <summary>The path of what objectives train of their own, which only training needs.</summary>
    public const string Objectives = "objectives";

    private readonly Dictionary<string, string> kinds;
    private Branch? objectives;

    /// <summary>Joins built parts; they belong to the model from here on.</summary>
    /// <param name="languageModel">The language model.</param>
    /// <param name="modalities">Modality → encoder and projector.</param>
    /// <param name="fusion">How soft tokens reach the language model.</param>
    /// <param name="peft">The adapter within the language model, or null.</param>
    /// <param name="kinds">Part's path → its kind's name in configuration, for tables.</param>
    /// <param name="dtype">The element type of frozen weights and of compute.</param>
    /// <param name="device">Where the model lies.</param>
    /// <param name="signals">The rows that signal tokens add to the language model, which knows them already; null where it has none.</param>
    /// <param name="outputs">Modality → output projector and generator; null where no media are made.</param>
    public MultimodalModel(
        ILanguageModel languageModel,
        IReadOnlyDictionary<string, ModalityPath> modalities,
        IFusion fusion,
        IPeftMethod? peft,
        IReadOnlyDictionary<string, string> kinds,
        ScalarType dtype,
        Device device,
        SignalRows? signals = null,
        IReadOnlyDictionary<string, OutputPath>? outputs = null)
        : base(nameof(MultimodalModel))
    {
        LanguageModel = languageModel;
        Modalities = modalities;
        Fusion = fusion;
        Peft = peft;
        this.kinds = new(kinds, StringComparer.Ordinal);
        Dtype = dtype;
        Device = device;
        Outputs = outputs ?? new Dictionary<string, OutputPath>(StringComparer.Ordinal);
        foreach (var modality in modalities.Keys.Union(Outputs.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)) Add(modality, BranchOf(modality));
        Add("language_model", languageModel.Module);
        SignalTokens = signals?.Vocabulary;
        if (signals is not null) Add(SignalRows.Root, signals);
        if (fusion.Module is { } module) Add("fusion", module);
    }

    /// <summary>The language model.</summary>
    public ILanguageModel LanguageModel { get; }

    /// <summary>Modality → encoder and projector.</summary>
    public IReadOnlyDictionary<string, ModalityPath> Modalities { get; }

    /// <summary>Modality → output projector and generator.</summary>
    public IReadOnlyDictionary<string, OutputPath> Outputs { get; }

    /// <summary>How soft tokens reach the language model.</summary>
    public IFusion Fusion { get; }

    /// <summary>The signal tokens in the language model's vocabulary; null where it has none.</summary>
    public SignalVocabulary? SignalTokens { get; }

    /// <summary>The adapter within the language model, or null.</summary>
    public IPeftMethod? Peft { get; }

    /// <summary>Part's path → its kind's name in configuration.</summary>
    public IReadOnlyDictionary<string, string> Kinds => kinds;

    /// <summary>The element type of frozen weights and of compute.</summary>
    public ScalarType Dtype { get; }

    /// <summary>Where the model lies.</summary>
    public Device Device { get; }

    /// <summary>Which layers of the language model forget what they computed and compute it again for the gradient.</summary>
    public RecomputationRule Recomputation { get; set; } = RecomputationRule.None;

    /// <summary>Adds what an objective trains of its own, as the part <c>objectives.KIND</c>.</summary>
    /// <param name="kind">The objective's kind.</param>
    /// <param name="module">Its parameters; the model's from here on.</param>
    public void AddObjective(string kind, nn.Module module)
    {
        objectives ??= Add(Objectives, new Branch());
        objectives.Join(kind, module);
        kinds.Add($"{Objectives}.{kind}", kind);
    }

    /// <summary>The batch's hidden states after the final norm, [B, T, D], or [S, D] at the wanted positions; the head is the caller's, who knows where logits are wanted.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="wanted">[S] flat indices into [B·T]; null: all.</param>
    /// <param name="routing">Told what the routers of a mixture of experts said; null where nobody asks.</param>
    /// <param name="softTokens">Modality → what its projector made of the batch's media, [I, Q, D], where that is known; null: the projectors run.</param>
    /// <param name="observe">Told each layer's output (<see cref="DecoderInput.Observe"/>); null where nobody looks.</param>
    /// <exception cref="InvalidOperationException">Media and their places in the text do not agree.</exception>
    public Tensor Hidden(Batch batch, Tensor? wanted = null, Action<RouterOutput>? routing = null, Func<string, Tensor>? softTokens = null, Action<int, Tensor>? observe = null)
    {
        var (embeddings, input) = Fuse(batch, softTokens);
        return LanguageModel.Decode(embeddings, input with { Wanted = wanted, Routing = routing, Observe = observe });
    }

    /// <summary>What the language model is given: the batch's embeddings with what stands at the media's places, [B, T, D], and what it is told beside them.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="softTokens">Modality → what its projector made of the batch's media, [I, Q, D], where that is known; null: the projectors run.</param>
    /// <exception cref="InvalidOperationException">Media and their places in the text do not agree.</exception>
    public (Tensor Embeddings, DecoderInput Input) Fuse(Batch batch, Func<string, Tensor>? softTokens = null)
    {
        var projected = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (modality, media) in batch.Media)
        {
            if (!Modalities.TryGetValue(modality, out var path)) throw new InvalidOperationException($"The batch has media of modality '{modality}', the model has no such path.");
            projected[modality] = softTokens?.Invoke(modality) ?? path.Project(media); // [I, Q, D]
        }

        return (Fusion.Fuse(LanguageModel.Embed(batch.Ids), batch, projected), InputFor(batch) with { Fusion = Fusion.InLayers(batch, projected) });
    }

    /// <summary>What the decoder is told about a batch, whatever its media.</summary>
    public DecoderInput InputFor(Batch batch) => new()
    {
        AttentionMask = batch.AttentionMask,
        Positions = Fusion.PositionsOf(batch),
        Sequences = batch.Sequences,
        AdapterMask = Fusion.NeedsMediaMask || Peft is { NeedsMediaMask: true } ? batch.MediaMask : null,
        PrefixLengths = LanguageModel.Spec.HasPrefix ? PrefixLengths(batch) : null,
        Recomputation = Recomputation,
    };

    /// <summary>What texts are continued from.</summary>
    /// <exception cref="InvalidOperationException">Media and their places in the text do not agree.</exception>
    public GenerationPrompt PromptOf(Batch prompts)
    {
        var (embeddings, input) = Fuse(prompts);
        return new GenerationPrompt(embeddings, prompts.AttentionMask, input.AdapterMask, input.Fusion, ReferenceEquals(input.Positions, prompts.Positions) ? null : input.Positions);
    }

    /// <summary>Continues each sample of a batch of prompts.</summary>
    /// <param name="prompts">Prompts without their answers; labels are not looked at.</param>
    /// <param name="options">How the tokens are chosen.</param>
    /// <param name="onToken">Told each row and token as it comes; null where nobody listens.</param>
    /// <returns>The new ids of each row, its stop id included.</returns>
    public IReadOnlyList<int[]> Generate(Batch prompts, GenerationOptions options, Action<int, int>? onToken = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return new TextDecoder(LanguageModel).Generate(PromptOf(prompts), options, onToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (Fusion.Module is null) Fusion.Dispose();
            Peft?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>[B], the attended tokens before the one that foretells the first supervised token; where nothing is supervised, before the last.</summary>
    private static Tensor PrefixLengths(Batch batch)
    {
        using var scope = NewDisposeScope();
        var attended = batch.AttentionMask.to_type(ScalarType.Int64);                                  // [B, T]
        var untouched = batch.Labels.ge(0).to_type(ScalarType.Int64).cumsum(1).eq(0);                  // [B, T], true before the first supervised token
        return attended.mul(untouched).sum(1L).sub(1).clamp(min: 0).MoveToOuterDisposeScope();
    }

    private Branch BranchOf(string modality)
    {
        var branch = new Branch();
        if (Modalities.TryGetValue(modality, out var path))
        {
            branch.Join("encoder", path.Encoder.Module);
            branch.Join("input_projector", path.Projector.Module);
        }

        if (Outputs.TryGetValue(modality, out var output))
        {
            if (output.Projectors.Count > 0) branch.Join("output_projector", ProjectorsOf(output));
            branch.Join("generator", output.Generator.Module);
        }

        return branch;
    }

    /// <summary>One projector stands for itself, several are numbered.</summary>
    private static nn.Module ProjectorsOf(OutputPath output)
    {
        if (output.Projectors.Count == 1) return output.Projectors[0].Module;
        var numbered = new Branch();
        foreach (var (number, projector) in output.Projectors.Index()) numbered.Join($"{number}", projector.Module);
        return numbered;
    }

    private sealed class Branch : NamedModule
    {
        public Branch()
            : base(nameof(Branch))
        {
        }

        public void Join(string name, nn.Module module) => Add(name, module);
    }
}
