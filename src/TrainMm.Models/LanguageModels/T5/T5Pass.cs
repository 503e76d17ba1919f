using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>What every layer of one stack shares in one call.</summary>
/// <param name="Mask">[B or 1, heads, T, P + T], added to the scores of the tokens among themselves: position biases, and what is hidden.</param>
/// <param name="MediaRows">The media's positions; null where no adapter asks for them.</param>
/// <param name="Cache">Keys and values of what came before; null in the encoder.</param>
/// <param name="Question">What the decoder looks at beside its own tokens; null in the encoder.</param>
internal sealed record T5Pass(Tensor Mask, MediaRows? MediaRows = null, KeyValueCache? Cache = null, T5Question? Question = null);

/// <summary>What the encoder made of the question.</summary>
/// <param name="States">[B, E, D]; null where the cache holds each layer's keys and values of them.</param>
/// <param name="Mask">[B, 1, 1, E], added to the scores.</param>
/// <param name="MediaRows">The media's positions in [B·E]; null where no adapter asks for them.</param>
internal sealed record T5Question(Tensor? States, Tensor Mask, MediaRows? MediaRows = null);
