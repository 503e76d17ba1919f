using TrainMm.Core;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>A modality's way into the language model.</summary>
/// <param name="Encoder">Media → features.</param>
/// <param name="Projector">Features → soft tokens.</param>
/// <param name="TokensPerMedium">The places in the text that one medium takes: as many as soft tokens, unless the fusion keeps them outside the text.</param>
public sealed record ModalityPath(IModalityEncoder Encoder, IInputProjector Projector, int TokensPerMedium)
{
    /// <summary>Whether no parameter of the encoder is trained, so that it needs no graph.</summary>
    public bool IsEncoderFrozen { get; } = Encoder.Module.parameters().All(parameter => !parameter.requires_grad);

    /// <summary>Media → [I, Q, D]; the encoder does not run where its features are known already.</summary>
    public Tensor Project(MediaBatch media)
    {
        var features = media.Features ?? Encode(media.Values); // [I, N, De]
        return media.Instructions is { } instructions ? Projector.Project(features, instructions) : Projector.Project(features);
    }

    /// <summary>[I, ...] → [I, N, De], without a graph where the encoder is frozen.</summary>
    public Tensor Encode(Tensor media)
    {
        using var mode = IsEncoderFrozen ? no_grad() : null;
        return Encoder.Encode(media);
    }
}
