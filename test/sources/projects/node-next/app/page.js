export const dynamic = 'force-dynamic';

export default function Page() {
  return <p>Rendered by a standalone server in {process.env.NODE_ENV}</p>;
}
