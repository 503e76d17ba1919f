using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators;
using TrainMm.Models.Generators.Targets;
using TrainMm.Models.OutputProjectors;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>Which of the language model's states say what is to be made.</summary>
public enum SignalStates
{
    /// <summary>Those at the signal tokens themselves (GILL, NExT-GPT).</summary>
    Own,

    /// <summary>Those that foretell the signal tokens, one position before (MiniGPT-5).</summary>
    Foretelling,
}

/// <summary>How media of a modality are made.</summary>
public sealed class OutputPathOptions
{
    /// <summary>Brings the states of the signal tokens to what the generator is conditioned on; null where there is no language model, and the generator itself is trained on media and their captions.</summary>
    [FromCatalog(typeof(OutputProjectorCatalog))]
    public Component<IOutputProjector, OutputProjectorContext>? OutputProjector { get; init; }

    /// <summary>Makes the media; behind a language model it is frozen.</summary>
    [FromCatalog(typeof(GeneratorCatalog))]
    public required Component<IGenerator, GeneratorContext> Generator { get; init; }

    /// <summary>Which of the language model's states the projector reads.</summary>
    public SignalStates States { get; init; } = SignalStates.Own;

    /// <summary>
    /// The language model's layers whose states are projected: 0 is the embeddings, i the output of layer i, the number of layers what comes behind the final norm; -1 is the last, -2 the one before it.
    /// Each has a projector of its own, and the conditions are added, as NExT-GPT's published code does.
    /// </summary>
    [NotEmpty]
    public IReadOnlyList<int> HiddenLayers { get; init; } = [-1];

    /// <summary>Share of the media for which the projector is given zeros in training, and the caption is the empty one, so that the generator can be guided without a classifier (arXiv:2207.12598; MiniGPT-5).</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public double ConditionDropout { get; init; }

    /// <summary>How media are drawn when a trained run answers; training does not look at it.</summary>
    public SamplingOptions Sampling { get; init; } = new();
}

/// <summary>A modality's way out of the language model, or a generator by itself.</summary>
/// <param name="Layers">The layers that are read, from 0, the embeddings, to the number of layers, the states behind the final norm.</param>
/// <param name="Projectors">For each of these layers its states at signal tokens → condition; none where there is no language model, and captions are the conditions.</param>
/// <param name="Generator">Condition → media.</param>
/// <param name="States">Which states the projector reads.</param>
/// <param name="ConditionDropout">Share of the media that are without a condition in training.</param>
/// <param name="Sampling">How media are drawn, complete.</param>
public sealed record OutputPath(IReadOnlyList<int> Layers, IReadOnlyList<IOutputProjector> Projectors, IGenerator Generator, SignalStates States, double ConditionDropout, SamplingOptions Sampling)
{
    /// <summary>What the generator, being frozen, makes of captions and media for training.</summary>
    public GeneratorTargets Targets { get; } = new(Generator);

    /// <summary>H_X, the sum of what the projectors make of their layers: [G, C, Dg].</summary>
    /// <param name="states">For each layer [G, S, D], its states at the signal tokens.</param>
    /// <param name="embeddings">[G, S, D], the signal tokens' embeddings.</param>
    public Tensor Project(IEnumerable<Tensor> states, Tensor embeddings) =>
        Projectors.Zip(states).Select(pair => pair.First.Project(pair.Second, embeddings)).Aggregate((sum, each) => sum.add(each));

    /// <summary>What guidance leads away from, [1, C, Dg]: the condition of zeros where the projector was trained with some, else the generator's own of the empty caption.</summary>
    /// <param name="embeddings">[1, S, D], the signal tokens' embeddings.</param>
    /// <param name="emptyCaption">[1, Tc] int64.</param>
    public Tensor Negative(Tensor embeddings, Tensor emptyCaption)
    {
        if (ConditionDropout <= 0) return Generator.Condition(emptyCaption);
        using var zeros = zeros_like(embeddings);
        return Project(Layers.Select(_ => zeros), zeros);
    }
}
