using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ImageBind;

/// <summary>Turns one modality's media into tokens with their positions.</summary>
internal interface IImageBindStem
{
    /// <summary>The parameters.</summary>
    nn.Module Module { get; }

    /// <summary>Tokens of a medium, without a class token.</summary>
    int Places { get; }

    /// <summary>[I, ...] → [I, T, D].</summary>
    Tensor Embed(Tensor media);

    /// <summary>The additive mask of the layers, or null where all may attend to all.</summary>
    Tensor? Mask(Tensor tokens);

    /// <summary>[I, T, D] → [I, D]: the token that stands for the whole.</summary>
    Tensor Select(Tensor tokens, Tensor media);
}
