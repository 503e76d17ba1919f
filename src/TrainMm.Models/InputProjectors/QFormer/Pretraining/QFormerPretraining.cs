using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>
/// BLIP-2's first stage (arXiv:2301.12597, section 3.2; figure 2): a Q-Former learns beside a frozen encoder, without a language model, from pairs of image and text.
/// Three losses share its weights and differ in who sees whom: contrast (queries and text apart), matching (each sees all) and generation (text sees queries and what precedes it).
/// The parameters of the heads have LAVIS's names: <c>vision_proj</c>, <c>text_proj</c>, <c>itm_head</c>, <c>temp</c>, <c>cls</c>.
/// </summary>
public sealed class QFormerPretraining : NamedModule
{
    /// <summary>How much of a target's weight is spread over all classes, in contrast and generation.</summary>
    private const double LabelSmoothing = 0.1;

    /// <summary>What stands in for the similarity of a pair, so that it is not drawn as its own negative.</summary>
    private const double Excluded = -10000;

    /// <summary>The label of a position that is not supervised.</summary>
    private const long Unsupervised = -100;

    private readonly int padding;
    private readonly Parameter queries;
    private readonly QFormerModel model;
    private readonly QFormerWordHead words;
    private readonly LinearLayer imageProjection;
    private readonly LinearLayer textProjection;
    private readonly LinearLayer matchingHead;
    private readonly Parameter temperature;

    /// <summary>Makes Q-Former and heads; their parameters have no values yet.</summary>
    /// <param name="sizes">The Q-Former's sizes; it must read text.</param>
    /// <param name="featureWidth">De.</param>
    /// <param name="contrastWidth">Width of the space that images and texts are compared in; 256 in BLIP-2.</param>
    /// <param name="scope">The root.</param>
    /// <exception cref="ArgumentException">The Q-Former reads no text.</exception>
    public QFormerPretraining(QFormerArchitecture sizes, long featureWidth, long contrastWidth, ModuleScope scope)
        : base(nameof(QFormerPretraining))
    {
        if (!sizes.ReadsInstruction) throw new ArgumentException("A Q-Former that reads no text cannot be trained with texts.", nameof(sizes));
        padding = sizes.PadTokenId;
        queries = Add("query_tokens", scope.Parameter("query_tokens", 1, sizes.NumQueryTokens, sizes.HiddenSize));
        model = Add("qformer", new QFormerModel(sizes, featureWidth, scope.Child("qformer")));
        words = Add("cls", new QFormerWordHead(sizes, scope.Child("cls")));
        imageProjection = Add("vision_proj", scope.Child("vision_proj").Linear(sizes.HiddenSize, contrastWidth, bias: true));
        textProjection = Add("text_proj", scope.Child("text_proj").Linear(sizes.HiddenSize, contrastWidth, bias: true));
        matchingHead = Add("itm_head", scope.Child("itm_head").Linear(sizes.HiddenSize, 2, bias: true));
        temperature = Add("temp", scope.Parameter("temp"));
    }

    /// <summary>The three losses of a batch of pairs.</summary>
    /// <param name="features">[B, N, De] from the frozen encoder.</param>
    /// <param name="ids">[B, T] int64, a text for each image, right padded; the first is the tokenizer's [CLS].</param>
    /// <param name="attended">[B, T] bool, true at a real token.</param>
    /// <param name="firstId">The id that begins a text that is generated.</param>
    /// <param name="drawNegatives">[B, B] probabilities → [B] int64, one drawn from each row.</param>
    /// <exception cref="ArgumentException">There is one pair alone, so no negative.</exception>
    public QFormerPass Forward(Tensor features, Tensor ids, Tensor attended, long firstId, Func<Tensor, Tensor> drawNegatives)
    {
        if (ids.shape[0] < 2) throw new ArgumentException("One pair has no negatives: contrast and matching need two or more.", nameof(ids));
        var memory = new List<AttentionMemory>();
        var query = model.Forward(new QFormerInput { Queries = Queries(ids.shape[0], features.dtype), Features = features, Remember = memory }); // [B, Q, W]
        var text = model.Forward(new QFormerInput { TextIds = ids, Attended = attended });                                                      // [B, T, W]
        var images = nn.functional.normalize(imageProjection.Forward(query), dim: -1);                                                          // [B, Q, E]
        var texts = nn.functional.normalize(textProjection.Forward(text.select(1, 0)), dim: -1);                                                // [B, E]
        var similarity = Similarity(images, texts);                                                                                             // [B, B]
        var matched = Match(features, ids, attended, similarity, drawNegatives);
        var logits = Generate(ids, attended, firstId, memory);                                                                                  // [B, T, V]
        return new QFormerPass
        {
            QueryStates = query,
            TextStates = text,
            ImageVectors = images,
            TextVectors = texts,
            Similarity = similarity,
            Matching = matched,
            WordLogits = logits,
            ContrastiveLoss = Contrast(similarity),
            MatchingLoss = nn.functional.cross_entropy(matched.Logits, MatchingLabels(ids)),
            GenerationLoss = GenerationLoss(logits, ids, firstId),
        };
    }

    /// <summary>Each image with each text, by the query that fits the text best: [B images, B texts], divided by the temperature.</summary>
    private Tensor Similarity(Tensor images, Tensor texts)
    {
        var (all, _) = images.matmul(texts.t()).max(1);                     // [B, Q, B] -> [B, B]
        return all.div(temperature.CastTo(all.dtype));
    }

    /// <summary>Each image has its own text to be found among all, and each text its image.</summary>
    private static Tensor Contrast(Tensor similarity)
    {
        var own = arange(similarity.shape[0], ScalarType.Int64, similarity.device);
        var imageToText = nn.functional.cross_entropy(similarity, own, label_smoothing: LabelSmoothing);
        var textToImage = nn.functional.cross_entropy(similarity.t(), own, label_smoothing: LabelSmoothing);
        return imageToText.add(textToImage).div(2);
    }

    /// <summary>True pairs, texts with an image that is not theirs, images with a text that is not theirs; the alike are drawn more often.</summary>
    private QFormerMatching Match(Tensor features, Tensor ids, Tensor attended, Tensor similarity, Func<Tensor, Tensor> drawNegatives)
    {
        var (otherImages, otherTexts) = Negatives(similarity.detach(), drawNegatives);                                                // [B], [B]
        var allIds = cat([ids, ids, ids.index_select(0, otherTexts)], 0);                                                             // [3B, T]
        var allAttended = cat([attended, attended, attended.index_select(0, otherTexts)], 0);
        var allFeatures = cat([features, features.index_select(0, otherImages), features], 0);                                        // [3B, N, De]
        var real = ones([allIds.shape[0], queries.shape[1]], ScalarType.Bool, ids.device);                                            // [3B, Q]
        var states = model.Forward(new QFormerInput
        {
            Queries = Queries(allIds.shape[0], features.dtype),
            TextIds = allIds,
            Attended = cat([real, allAttended], 1),
            Features = allFeatures,
        });                                                                                                                           // [3B, Q + T, W]
        var logits = matchingHead.Forward(states.narrow(1, 0, queries.shape[1])).mean([1]);                                           // [3B, Q, 2] -> [3B, 2]
        return new QFormerMatching(otherImages, otherTexts, states, logits);
    }

    private static (Tensor Images, Tensor Texts) Negatives(Tensor similarity, Func<Tensor, Tensor> draw)
    {
        using var guard = no_grad();
        var own = eye(similarity.shape[0], dtype: ScalarType.Bool, device: similarity.device);
        var others = similarity.to_type(ScalarType.Float32).masked_fill(own, Excluded);
        return (draw(nn.functional.softmax(others.t(), 1)), draw(nn.functional.softmax(others, 1)));
    }

    /// <summary>The first B pairs belong together.</summary>
    private static Tensor MatchingLabels(Tensor ids) =>
        cat([ones([ids.shape[0]], ScalarType.Int64, ids.device), zeros([2 * ids.shape[0]], ScalarType.Int64, ids.device)], 0);

    /// <summary>[B, T, V]: the text sees what the queries gathered in their own pass, which is not run again.</summary>
    private Tensor Generate(Tensor ids, Tensor attended, long firstId, IReadOnlyList<AttentionMemory> memory)
    {
        var real = ones([ids.shape[0], queries.shape[1]], ScalarType.Bool, ids.device);
        var states = model.Forward(new QFormerInput { TextIds = Begun(ids, firstId), Attended = cat([real, attended], 1), IsCausal = true, Memory = memory });
        return words.Forward(states, model.Words);
    }

    private Tensor GenerationLoss(Tensor logits, Tensor ids, long firstId)
    {
        var labels = Begun(ids, firstId);
        labels = labels.masked_fill(labels.eq(padding), Unsupervised);
        var shifted = logits.narrow(1, 0, logits.shape[1] - 1).reshape(-1, logits.shape[2]);                                          // [B (T - 1), V]
        return nn.functional.cross_entropy(shifted, labels.narrow(1, 1, labels.shape[1] - 1).reshape(-1), ignore_index: Unsupervised, label_smoothing: LabelSmoothing);
    }

    /// <summary>The texts with another first id: [B, T].</summary>
    private static Tensor Begun(Tensor ids, long firstId) =>
        cat([full([ids.shape[0], 1], firstId, ScalarType.Int64, ids.device), ids.narrow(1, 1, ids.shape[1] - 1)], 1);

    private Tensor Queries(long pairs, ScalarType dtype) => queries.CastTo(dtype).expand(pairs, queries.shape[1], queries.shape[2]);
}
