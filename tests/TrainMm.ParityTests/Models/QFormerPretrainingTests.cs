using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.InputProjectors.QFormer;
using TrainMm.Models.InputProjectors.QFormer.Pretraining;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>LAVIS's Q-Former with the three losses of BLIP-2's first stage.</summary>
public sealed class QFormerPretrainingTests(ITestOutputHelper output)
{
    [GoldenTheory("lavis_qformer")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var sizes = QFormerArchitecture.Read(golden.Config);
        var layout = QFormerLayout.Pretraining(sizes);
        var place = new ModuleScope("qformer", ScalarType.Float32, CPU, new TrainablePaths(["qformer"]));
        using var source = WeightSource.Open(golden.Folder);
        using var model = new QFormerPretraining(sizes, golden.Config.Integer("encoder_width"), source.Entry("vision_proj.weight").Shape[0], place);
        WeightLoader.Load(place.Parameters, source, layout);

        var pass = Run(probabilities => probabilities.argmax(1));
        var attended = io["in.attention_mask"];
        var ofQueriesAndText = cat([ones([3 * attended.shape[0], sizes.NumQueryTokens], ScalarType.Int64), cat([attended, attended, attended.index_select(0, io["out.neg_text_idx"])], 0)], 1);
        report.Compare("out", "query_hidden", pass.QueryStates, io["out.query_hidden"]);
        report.Compare("out", "text_hidden", pass.TextStates, io["out.text_hidden"], attended);
        report.Compare("out", "image_feats", pass.ImageVectors, io["out.image_feats"]);
        report.Compare("out", "text_feat", pass.TextVectors, io["out.text_feat"]);
        report.Compare("out", "sim_i2t", pass.Similarity, io["out.sim_i2t"]);
        report.Compare("out", "sim_t2i", pass.Similarity.t(), io["out.sim_t2i"]);
        Assert.Equal(io["out.neg_image_idx"].data<long>().ToArray(), pass.Matching.OtherImages.data<long>().ToArray());
        Assert.Equal(io["out.neg_text_idx"].data<long>().ToArray(), pass.Matching.OtherTexts.data<long>().ToArray());
        report.Compare("out", "itm_hidden", pass.Matching.States, io["out.itm_hidden"], ofQueriesAndText);
        report.Compare("out", "itm_logits", pass.Matching.Logits, io["out.itm_logits"]);
        report.Compare("out", "lm_logits", pass.WordLogits, io["out.lm_logits"], attended);
        report.Compare("out", "loss_itc", pass.ContrastiveLoss, io["out.loss_itc"]);
        report.Compare("out", "loss_itm", pass.MatchingLoss, io["out.loss_itm"]);
        report.Compare("out", "loss_lm", pass.GenerationLoss, io["out.loss_lm"]);
        report.Compare("out", "loss", pass.Loss, io["out.loss"]);

        var names = io.Under("grad.");
        Assert.Equal(place.Parameters.Count, names.Count);
        var recorded = names.ToDictionary(each => each, each => place.Parameters[layout.ToModule(each)!], StringComparer.Ordinal);
        GoldenTraining.Compare(io, "", report, recorded, () => Run(Recorded()).Loss);
        io.AssertAllCompared();

        QFormerPass Run(Func<Tensor, Tensor> draw) => model.Forward(io["in.image_embeds"], io["in.input_ids"], io["in.attention_mask"].ne(0), io["in.bos_id"].item<long>(), draw);

        // The reference drew its negatives once, before the first step: images, then texts.
        Func<Tensor, Tensor> Recorded()
        {
            var drawn = new Queue<Tensor>([io["out.neg_image_idx"], io["out.neg_text_idx"]]);
            return _ => drawn.Dequeue();
        }
    }
}
