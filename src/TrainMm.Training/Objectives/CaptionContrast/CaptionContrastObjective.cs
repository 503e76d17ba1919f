using TorchSharp;
using TorchSharp.Modules;
using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Encoders.Clip;
using TrainMm.Models.Layers;
using TrainMm.Training.Objectives.Signals;

namespace TrainMm.Training.Objectives.CaptionContrast;

/// <summary>
/// CLIP's symmetric contrast of pictures and texts (arXiv:2103.00020, section 2.3 and figure 3), with the pictures' half frozen as in LiT (arXiv:2111.07991). Pairs with the same caption are not told apart:
/// they are no negatives of one another. Its own are the texts' projection and the similarities' scale, which has CLIP's first value and bound.
/// </summary>
public sealed class CaptionContrastObjective : IObjective
{
    /// <summary>CLIP's first temperature (arXiv:2103.00020, section 2.5).</summary>
    private const double FirstTemperature = 0.07;

    /// <summary>The largest scale, so that training stays stable.</summary>
    private const double LargestScale = 100;

    private const string Modality = "image";

    private readonly MultimodalModel model;
    private readonly ILatentDiffusionGenerator generator;
    private readonly Head head;

    /// <summary>Makes the objective and its head, and reads the CLIP.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model has no generator of images with a text encoder that can be trained, or the CLIP does not fit.</exception>
    public CaptionContrastObjective(CaptionContrastOptions options, ObjectiveContext context)
    {
        model = SignalConditions.TrainableModelOf("caption_contrast", options, context);
        generator = model.Outputs.TryGetValue(Modality, out var path)
            ? (ILatentDiffusionGenerator)path.Generator
            : throw OptionSource.Error(options, nameof(options.Vision), "caption_contrast compares captions with pictures, and the model makes none", "model.generation.image");
        head = Head.Create(options, generator.Conditioning.Width, context);
    }

    /// <inheritdoc/>
    public torch.nn.Module Module => head;

    /// <inheritdoc/>
    public bool NeedsLanguageModel => false;

    /// <inheritdoc/>
    public bool NeedsWholeBatch => true;

    /// <inheritdoc/>
    /// <remarks>One pair has nothing that it could be taken for.</remarks>
    public long CountOf(Batch batch) => batch.Signals.TryGetValue(Modality, out var signals) && signals.Count > 1 ? signals.Count : 0;

    /// <inheritdoc/>
    public LossTerms Compute(ForwardPass pass)
    {
        var signals = pass.Batch.Signals[Modality];
        var pictures = head.Vision.Forward(signals.Targets!.div(2).add(0.5));                              // [G, E]
        var texts = head.Project(generator.Pool(generator.Condition(signals.Captions), signals.Captions)); // [G, E]
        var similarity = pictures.matmul(texts.t()).mul(head.Scale.exp().clamp(max: LargestScale));        // [G pictures, G texts]
        return new LossTerms(Loss(similarity, SameCaption(signals.Captions)) * signals.Count, signals.Count);
    }

    /// <summary>The mean over all pictures and texts, a scalar.</summary>
    /// <param name="similarity">[G pictures, G texts].</param>
    /// <param name="same">[G, G] bool, true where two pairs' captions are the same, a pair's own included.</param>
    internal static torch.Tensor Loss(torch.Tensor similarity, torch.Tensor same)
    {
        var own = torch.arange(similarity.shape[0], torch.int64, similarity.device);
        var others = same.logical_and(torch.eye(similarity.shape[0], dtype: torch.@bool, device: similarity.device).logical_not());
        var told = similarity.masked_fill(others, double.NegativeInfinity);
        return torch.nn.functional.cross_entropy(told, own).add(torch.nn.functional.cross_entropy(told.t(), own)).div(2);
    }

    /// <summary>[G, C] → [G, G] bool.</summary>
    private static torch.Tensor SameCaption(torch.Tensor captions) => captions.unsqueeze(0).eq(captions.unsqueeze(1)).all(-1);

    /// <summary>What the contrast needs beside the text encoder; the CLIP is frozen. Checkpoints call the first two as Hugging Face's CLIP does.</summary>
    private sealed class Head : NamedModule
    {
        private readonly LinearLayer projection;

        private Head(CaptionContrastOptions options, int width, ModuleScope scope, ModuleScope frozen)
            : base(nameof(Head))
        {
            Vision = Add("vision", new ClipImageTower(options, nameof(options.Vision), options.Vision, frozen));
            projection = Add("text_projection", scope.Child("text_projection").Linear(width, Vision.OutputWidth, bias: false));
            Scale = Add("logit_scale", scope.Parameter("logit_scale"));
        }

        public ClipImageTower Vision { get; }

        public Parameter Scale { get; }

        public static Head Create(CaptionContrastOptions options, int width, ObjectiveContext context)
        {
            var head = new Head(options, width, context.Scope, new ModuleScope($"{context.Scope.Root}.vision", context.Model.Dtype, context.Model.Device));
            RandomWeights.Normal(head.projection.Weight, $"{context.Scope.Root}.text_projection.weight", context.Seed, 1 / Math.Sqrt(width));
            RandomWeights.Fill(head.Scale, Math.Log(1 / FirstTemperature));
            return head;
        }

        /// <summary>[G, Dg] → [G, E] float32 of length one.</summary>
        public torch.Tensor Project(torch.Tensor pooled) => torch.nn.functional.normalize(projection.Forward(pooled).to_type(torch.float32), dim: -1);
    }
}
