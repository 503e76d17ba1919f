using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>
/// Image-text contrast (arXiv:2301.12597, section 3.2): each image has its own text to be found among all, and each text its image, by the query that fits the text best.
/// The parameters have LAVIS's names: <c>vision_proj</c>, <c>text_proj</c>, <c>temp</c>.
/// </summary>
public sealed class ContrastHead : NamedModule
{
    /// <summary>How much of a target's weight is spread over all pairs.</summary>
    private const double LabelSmoothing = 0.1;

    /// <summary>What similarities are divided by when training begins.</summary>
    private const double FirstTemperature = 0.07;

    /// <summary>What stands in for the similarity of a pair, so that it is not drawn as its own negative.</summary>
    private const double Excluded = -10000;

    private readonly LinearLayer imageProjection;
    private readonly LinearLayer textProjection;
    private readonly Parameter temperature;

    /// <summary>Makes the head; its parameters have no values yet.</summary>
    /// <param name="sizes">The Q-Former's.</param>
    /// <param name="width">E, of the space that images and texts are compared in; 256 in BLIP-2.</param>
    /// <param name="scope">The root.</param>
    public ContrastHead(QFormerArchitecture sizes, long width, ModuleScope scope)
        : base(nameof(ContrastHead))
    {
        imageProjection = Add("vision_proj", scope.Child("vision_proj").Linear(sizes.HiddenSize, width, bias: true));
        textProjection = Add("text_proj", scope.Child("text_proj").Linear(sizes.HiddenSize, width, bias: true));
        temperature = Add("temp", scope.Parameter("temp"));
    }

    /// <summary>Makes the head with random values, as PyTorch's linear layers begin.</summary>
    /// <param name="sizes">The Q-Former's.</param>
    /// <param name="width">E, of the space that images and texts are compared in.</param>
    /// <param name="scope">The root, which holds nothing else.</param>
    /// <param name="seed">The run's seed.</param>
    public static ContrastHead Create(QFormerArchitecture sizes, long width, ModuleScope scope, ulong seed)
    {
        var made = new ContrastHead(sizes, width, scope);
        RandomWeights.Linear(scope, seed);
        RandomWeights.Fill(made.temperature, FirstTemperature);
        return made;
    }

    /// <summary>Makes what training keeps beside the head's parameters a part of it.</summary>
    public T Keep<T>(string name, T module)
        where T : nn.Module => Add(name, module);

    /// <summary>Where images and texts lie, and how alike they are.</summary>
    public Contrast Forward(QFormerPairs pairs)
    {
        var (images, texts) = Project(pairs);
        return new Contrast(images, texts, Similarity(images, texts));
    }

    /// <summary>Where images and texts lie, of length one.</summary>
    /// <returns>[B, Q, E] and [B, E].</returns>
    public (Tensor Images, Tensor Texts) Project(QFormerPairs pairs)
    {
        var images = nn.functional.normalize(imageProjection.Forward(pairs.QueryStates), dim: -1);                 // [B, Q, E]
        var texts = nn.functional.normalize(textProjection.Forward(pairs.TextStates.select(1, 0)), dim: -1);       // [B, E]
        return (images, texts);
    }

    /// <summary>How alike images and texts are, by the query that fits the text best, divided by the temperature: [B images, B' texts] float32.</summary>
    /// <param name="images">[B, Q, E].</param>
    /// <param name="texts">[B', E].</param>
    public Tensor Similarity(Tensor images, Tensor texts)
    {
        var (best, _) = images.matmul(texts.t()).max(1);                                                           // [B, Q, B'] -> [B, B']
        return best.to_type(ScalarType.Float32).div(temperature.to_type(ScalarType.Float32));
    }

    /// <summary>The mean over all images and texts, a scalar.</summary>
    /// <param name="similarity">[B images, B texts].</param>
    public static Tensor Loss(Tensor similarity)
    {
        var own = arange(similarity.shape[0], ScalarType.Int64, similarity.device);
        var imageToText = nn.functional.cross_entropy(similarity, own, label_smoothing: LabelSmoothing);
        var textToImage = nn.functional.cross_entropy(similarity.t(), own, label_smoothing: LabelSmoothing);
        return imageToText.add(textToImage).div(2);
    }

    /// <summary>The mean over all images and texts against targets that are shared out among candidates, a scalar.</summary>
    /// <param name="imageToText">[B images, M texts].</param>
    /// <param name="textToImage">[B texts, M images].</param>
    /// <param name="textTargets">[B, M], each row adding up to one.</param>
    /// <param name="imageTargets">[B, M], each row adding up to one.</param>
    public static Tensor Loss(Tensor imageToText, Tensor textToImage, Tensor textTargets, Tensor imageTargets) =>
        CrossEntropy(imageToText, textTargets).add(CrossEntropy(textToImage, imageTargets)).div(2);

    /// <summary>For each text an image, and for each image a text that is not its own; the alike are drawn more often.</summary>
    /// <param name="similarity">[B images, B texts].</param>
    /// <param name="draw">[B, B] probabilities → [B] int64, one drawn from each row; called for the images first.</param>
    public static (Tensor Images, Tensor Texts) Negatives(Tensor similarity, Func<Tensor, Tensor> draw)
    {
        using var guard = no_grad();
        var own = eye(similarity.shape[0], dtype: ScalarType.Bool, device: similarity.device);
        var others = similarity.detach().to_type(ScalarType.Float32).masked_fill(own, Excluded);
        return (draw(nn.functional.softmax(others.t(), 1)), draw(nn.functional.softmax(others, 1)));
    }

    private static Tensor CrossEntropy(Tensor similarity, Tensor targets) => nn.functional.log_softmax(similarity, 1).mul(targets).sum(1L).neg().mean();
}

/// <summary>Images and texts in the space in which they are compared.</summary>
/// <param name="Images">[B, Q, E], of length one.</param>
/// <param name="Texts">[B, E], of length one.</param>
/// <param name="Similarity">[B images, B texts] float32, divided by the temperature.</param>
public sealed record Contrast(Tensor Images, Tensor Texts, Tensor Similarity);
