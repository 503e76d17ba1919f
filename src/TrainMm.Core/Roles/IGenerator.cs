using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>
/// Makes media of one modality from a condition (arXiv:2401.13601, section 2.5), as a rule a latent diffusion model. Behind a language model it is frozen and yields the targets of an output
/// projector: <see cref="Condition"/> those of equation (4), <see cref="Loss"/> the loss of equation (5), whose gradient flows through the frozen network to the condition.
/// </summary>
public interface IGenerator : IDisposable
{
    /// <summary>The media that it makes, and how such a medium is prepared for <see cref="Encode"/>.</summary>
    MediaSpec Target { get; }

    /// <summary>How fast what <see cref="Sample"/> gives is played: a video's frames a second, a sound's samples a second; 0 for images.</summary>
    int Rate { get; }

    /// <summary>How its sampler is set where nobody says otherwise.</summary>
    SamplerSpec Sampler { get; }

    /// <summary>The condition: C tokens of width Dg.</summary>
    FeatureSpec Conditioning { get; }

    /// <summary>The captions that <see cref="Condition"/> reads.</summary>
    CaptionSpec Captions { get; }

    /// <summary>The parameters, under the official names behind those of its parts (<c>unet.</c>, <c>vae.</c>, ...).</summary>
    nn.Module Module { get; }

    /// <summary>τ(t), the condition that the generator's own text encoder makes of captions: [B, C, Dg] in the run's element type.</summary>
    /// <param name="captions">[B, Tc] int64, ids as <see cref="Captions"/> says, those for the first text encoder first, on the generator's device.</param>
    Tensor Condition(Tensor captions);

    /// <summary>
    /// What <see cref="Loss"/> has to know of media, which a run computes once and keeps: for a latent diffusion model the means, then the logarithms of the variances of the latents.
    /// </summary>
    /// <param name="media">As <see cref="Target"/> says: images [B, 3, H, W], videos [B, F, 3, H, W], spectrograms of sounds [B, M, T], float32.</param>
    /// <returns>Of images and sounds [B, 2 · channels, h, w], of videos [B, 2 · channels, F, h, w], float32.</returns>
    Tensor Encode(Tensor media);

    /// <summary>Each sample's loss under a condition, the mean over its numbers: [B] float32. Timestep and noise of a sample depend on its key alone, whatever device, batch or step it comes in.</summary>
    /// <param name="condition">[B, C, Dg]; it need not come from <see cref="Condition"/>. Gradients flow to it, and to those parameters of the generator that the run trains, as a rule none.</param>
    /// <param name="encoded">What <see cref="Encode"/> made of the samples' media.</param>
    /// <param name="keys">B keys of random numbers, such as of (seed, step, sample).</param>
    /// <exception cref="ArgumentException">The numbers of samples differ.</exception>
    Tensor Loss(Tensor condition, Tensor encoded, IReadOnlyList<long> keys);

    /// <summary>Makes a medium of each condition, without a graph; the same request gives the same bits.</summary>
    /// <returns>On the CPU: images [B, 3, H, W] uint8, videos [B, F, 3, H, W] uint8, sounds [B, S] float32 in [−1, 1].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or there are more steps than the process has.</exception>
    Tensor Sample(SampleRequest request);
}

/// <summary>How a generator's text encoder reads captions: the tokenizer's ids with its special tokens, exactly so many; the words of a longer one are cut off before the end token, behind a shorter one stands padding.</summary>
/// <param name="Tokenizer">A tokenizer's folder or file; null where the options name none.</param>
/// <param name="Tokens">The ids of a caption, the special ones and padding included.</param>
/// <param name="VocabularySize">The ids that the text encoder has vectors for.</param>
/// <param name="Padding">The id of the padding; null is the tokenizer's own, and where it has none its end token.</param>
/// <param name="Second">How a second text encoder reads them, whose ids stand behind the first one's; null where there is one encoder.</param>
public sealed record CaptionSpec(string? Tokenizer, int Tokens, int VocabularySize, int? Padding = null, CaptionSpec? Second = null)
{
    /// <summary>Every text encoder's, in the order in which their ids stand.</summary>
    public IReadOnlyList<CaptionSpec> Each => Second is null ? [this] : [this, .. Second.Each];
}

/// <summary>A generator's sampler.</summary>
/// <param name="Steps">The steps that its publishers take.</param>
/// <param name="GuidanceScale">The guidance that they take; <see cref="SampleRequest"/> says what it is.</param>
/// <param name="MostSteps">The most that it can take, as many as the process had in training.</param>
public sealed record SamplerSpec(int Steps, double GuidanceScale, int MostSteps);

/// <summary>What is asked of a generator.</summary>
/// <param name="Condition">[B, C, Dg].</param>
/// <param name="Seeds">B seeds of the samples' noise.</param>
/// <param name="Steps">Steps of the sampler.</param>
/// <param name="GuidanceScale">How far the prediction goes from the negative condition's towards the condition's and beyond (arXiv:2207.12598); 1 is the condition's alone.</param>
/// <param name="Negative">[B, C, Dg], what guidance leads away from, as a rule the condition of an empty caption; needed unless the scale is 1.</param>
public sealed record SampleRequest(Tensor Condition, IReadOnlyList<long> Seeds, int Steps, double GuidanceScale, Tensor? Negative = null);
